//! From a request's body to an order that can be trusted: read what was written, then believe only what parses.

#[cfg(test)]
mod corpus;
mod form;
mod json;
mod key;

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use domain::{Amount, Code, CustomerName, IdempotencyKey};
use mediatype::MediaType;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::problem::{FieldError, Kind, Problem};

pub(crate) use key::{IDEMPOTENCY_KEY, is_random, of_header as key_of_header};

/// The largest body that is read, in bytes.
pub(crate) const MAX_BODY: usize = 16 * 1024;

/// What a customer asks for, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewOrder {
    pub(crate) customer: CustomerName,
    pub(crate) amount: Amount,
    /// The coupon to spend on it.
    pub(crate) coupon: Option<Code>,
    /// What makes this request and its repetitions one, if the client gave it.
    pub(crate) key: Option<IdempotencyKey>,
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
    pub(crate) coupon: String,
    /// The hidden field; the next submission is the same request if it is the same.
    pub(crate) key: String,
}

impl Typed {
    /// With a key of its own: whatever is sent with it is another request.
    pub(crate) fn with_fresh_key(self) -> Self {
        Self { key: Uuid::new_v4().to_string(), ..self }
    }

    /// What was typed into a form, whether it is an order or not.
    pub(crate) fn of_form(body: &[u8]) -> Self {
        form::typed(body)
    }
}

impl Encoding {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let unsupported = |detail| Problem::new(Kind::UnsupportedMediaType, detail);
        let identity = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if !headers.get_all(CONTENT_ENCODING).iter().all(identity) {
            return Err(unsupported("An order is sent as it is, without a Content-Encoding."));
        }
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence =
            content_type.and_then(|value| MediaType::parse(value).ok()).map(|media| media.essence().to_string());
        match essence.map(|essence| essence.to_ascii_lowercase()).as_deref() {
            Some("application/json") => Ok(Self::Json),
            Some("application/x-www-form-urlencoded") => Ok(Self::Form),
            _ => Err(unsupported("An order is sent as application/json or as application/x-www-form-urlencoded.")),
        }
    }

    /// Reads an order from the headers and a body of this encoding.
    pub(crate) fn read(self, headers: &HeaderMap, body: &[u8]) -> Result<NewOrder, Rejected> {
        let rejected = |problem| Rejected { problem, typed: Typed::default() };
        let key = key::of_header(headers).map_err(rejected)?;
        let new = match self {
            Self::Json => json::read(body).map_err(rejected)?,
            Self::Form => form::read(body)?,
        };
        match (key, new.key) {
            (Some(header), Some(field)) if header != field => Err(rejected(key::bad_key())),
            (header, field) => Ok(NewOrder { key: header.or(field), ..new }),
        }
    }

    /// What tells this body from any other that could be sent with the same key.
    pub(crate) fn fingerprint(self, body: &[u8]) -> String {
        let encoding: &[u8] = match self {
            Self::Json => b"json:",
            Self::Form => b"form:",
        };
        hex::encode(Sha256::new().chain_update(encoding).chain_update(body).finalize())
    }
}

/// Puts the parsed fields together, or all their errors, so that a customer hears of both at once.
fn order_of(
    customer: Result<CustomerName, FieldError>,
    amount: Result<Amount, FieldError>,
    coupon: Result<Option<Code>, FieldError>,
) -> Result<NewOrder, Problem> {
    match (customer, amount, coupon) {
        (Ok(customer), Ok(amount), Ok(coupon)) => Ok(NewOrder { customer, amount, coupon, key: None }),
        (customer, amount, coupon) => {
            Err(Problem::invalid([customer.err(), amount.err(), coupon.err()].into_iter().flatten().collect()))
        }
    }
}

/// An empty field is no coupon; anything else that is no code is answered like one that nobody has.
fn coupon_of(text: &str) -> Result<Option<Code>, FieldError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| FieldError::coupon_refused())
}
