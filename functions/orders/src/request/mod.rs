//! From a request's body to an order that can be trusted: read what was written, then believe only what parses.

mod form;
mod json;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use domain::{Amount, CustomerName};
use mediatype::MediaType;

use crate::problem::{FieldError, Problem};

/// The largest body that is read, in bytes.
pub(crate) const MAX_BODY: usize = 16 * 1024;

/// What a customer asks for, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewOrder {
    pub(crate) customer: CustomerName,
    pub(crate) amount: Amount,
}

/// How the body is written, which is also how the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Form,
}

/// A body that is no order: the problem, and the fields as far as they could be read, to show them again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) problem: Problem,
    pub(crate) typed: Typed,
}

/// The form's fields as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) customer: String,
    pub(crate) amount: String,
}

impl Encoding {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence =
            content_type.and_then(|value| MediaType::parse(value).ok()).map(|media| media.essence().to_string());
        match essence.map(|essence| essence.to_ascii_lowercase()).as_deref() {
            Some("application/json") => Ok(Self::Json),
            Some("application/x-www-form-urlencoded") => Ok(Self::Form),
            _ => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "An order is sent as application/json or as application/x-www-form-urlencoded.",
            )),
        }
    }

    /// Reads an order from a body of this encoding.
    pub(crate) fn read(self, body: &[u8]) -> Result<NewOrder, Rejected> {
        match self {
            Self::Json => json::read(body).map_err(|problem| Rejected { problem, typed: Typed::default() }),
            Self::Form => form::read(body),
        }
    }
}

/// Puts the parsed fields together, or all their errors, so that a customer hears of both at once.
fn order_of(
    customer: Result<CustomerName, FieldError>,
    amount: Result<Amount, FieldError>,
    coupon: Result<(), FieldError>,
) -> Result<NewOrder, Problem> {
    match (customer, amount, coupon) {
        (Ok(customer), Ok(amount), Ok(())) => Ok(NewOrder { customer, amount }),
        (customer, amount, coupon) => {
            Err(Problem::invalid([customer.err(), amount.err(), coupon.err()].into_iter().flatten().collect()))
        }
    }
}

/// Coupons are given but cannot be spent yet. To ignore one would charge the customer more than they expect.
fn no_coupon(coupon: &str) -> Result<(), FieldError> {
    if coupon.trim().is_empty() { Ok(()) } else { Err(FieldError::new("/coupon", "coupons cannot be spent yet")) }
}
