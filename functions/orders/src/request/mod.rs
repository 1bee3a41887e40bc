//! Parses a request's headers and body into a valid order.

mod form;
mod json;
mod key;

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use domain::{Amount, Code, CustomerName, IdempotencyKey};
use mediatype::names::{APPLICATION, JSON, x_};
use mediatype::{MediaType, MediaTypeList};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::problem::{FieldError, Kind, Problem};

pub(crate) use key::{IDEMPOTENCY_KEY, is_random, of_header as key_of_header};

/// The largest accepted body, in bytes.
pub(crate) const MAX_BODY: usize = 16 * 1024;

const APPLICATION_JSON: MediaType = MediaType::new(APPLICATION, JSON);
const APPLICATION_FORM: MediaType = MediaType::new(APPLICATION, x_::WWW_FORM_URLENCODED);

/// A parsed request for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewOrder {
    pub(crate) customer: CustomerName,
    pub(crate) amount: Amount,
    /// The coupon to spend on it.
    pub(crate) coupon: Option<Code>,
    /// The client's idempotency key, if it sent one.
    pub(crate) key: Option<IdempotencyKey>,
}

/// The format of the request body, and so of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Form,
}

/// An invalid body: the problem, and the readable fields, to show them again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) problem: Problem,
    pub(crate) input: FormInput,
}

/// The form's fields as the customer typed them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormInput {
    pub(crate) customer: String,
    pub(crate) amount: String,
    pub(crate) coupon: String,
    /// The hidden field. Submitting the form again with the same key is the same request.
    pub(crate) key: String,
}

impl FormInput {
    /// Replaces the key, so that the next submission is a new request.
    pub(crate) fn with_fresh_key(self) -> Self {
        Self { key: Uuid::new_v4().to_string(), ..self }
    }

    /// Returns the fields of a form, valid or not.
    pub(crate) fn of_form(body: &[u8]) -> Self {
        form::input(body)
    }
}

impl Encoding {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let unsupported = |detail| Problem::new(Kind::UnsupportedMediaType, detail);
        if !headers.get_all(CONTENT_ENCODING).iter().all(is_identity) {
            return Err(unsupported("An order is sent as it is, without a Content-Encoding."));
        }
        match headers.get(CONTENT_TYPE).and_then(essence) {
            Some(essence) if essence == APPLICATION_JSON => Ok(Self::Json),
            Some(essence) if essence == APPLICATION_FORM => Ok(Self::Form),
            _ => Err(unsupported(
                "An order is sent as application/json or as application/x-www-form-urlencoded.",
            )),
        }
    }

    /// Parses an order from the headers and a body in this format.
    pub(crate) fn read(self, headers: &HeaderMap, body: &[u8]) -> Result<NewOrder, Rejected> {
        let rejected = |problem| Rejected { problem, input: FormInput::default() };
        let key = key::of_header(headers).map_err(rejected)?;
        let new = match self {
            Self::Json => json::read(body).map_err(rejected)?,
            Self::Form => form::read(body)?,
        };
        Ok(NewOrder { key: key.or(new.key), ..new })
    }

    /// Returns a digest of the body, to compare with later requests that have the same key.
    pub(crate) fn fingerprint(self, body: &[u8]) -> String {
        let encoding: &[u8] = match self {
            Self::Json => b"json:",
            Self::Form => b"form:",
        };
        hex::encode(Sha256::new().chain_update(encoding).chain_update(body).finalize())
    }
}

/// Whether a `Content-Encoding` line leaves the body unchanged. Gateways join lines with a comma.
fn is_identity(line: &HeaderValue) -> bool {
    let mut codings = line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
}

/// Returns the media type of a `Content-Type` header. Parameters make no difference here, so
/// unreadable ones are ignored.
fn essence(content_type: &HeaderValue) -> Option<MediaType<'_>> {
    let content_type = content_type.to_str().ok()?;
    if MediaTypeList::new(content_type).count() != 1 {
        return None;
    }
    MediaType::parse(content_type.split(';').next()?.trim()).ok()
}

/// Combines the parsed fields, or returns all their errors, so that a customer sees them at once.
fn order_of(
    customer: Result<CustomerName, FieldError>,
    amount: Result<Amount, FieldError>,
    coupon: Result<Option<Code>, FieldError>,
) -> Result<NewOrder, Problem> {
    match (customer, amount, coupon) {
        (Ok(customer), Ok(amount), Ok(coupon)) => {
            Ok(NewOrder { customer, amount, coupon, key: None })
        }
        (customer, amount, coupon) => Err(Problem::invalid(
            [customer.err(), amount.err(), coupon.err()].into_iter().flatten().collect(),
        )),
    }
}

/// Parses the coupon field; empty is `None`. A malformed code gets the same error as an unknown
/// one.
fn coupon_of(text: &str) -> Result<Option<Code>, FieldError> {
    if Code::is_blank(text) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| FieldError::coupon_refused())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    fn encoding(name: &str, value: &str) -> Result<Encoding, StatusCode> {
        let mut headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        headers.insert(name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap());
        Encoding::of(&headers).map_err(|problem| problem.status)
    }

    #[test]
    fn content_type_ignores_parameters() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;;charset=utf-8",
            "application/json;",
            "application/json ;charset",
            "application/json; charset=\"utf-8",
            "application/json; profile=\"a,b\"",
        ] {
            assert_eq!(encoding("content-type", json), Ok(Encoding::Json), "{json}");
        }
        let form = "application/x-www-form-urlencoded;;charset=utf-8";
        assert_eq!(encoding("content-type", form), Ok(Encoding::Form));
        for other in [
            "",
            ";charset=utf-8",
            "json",
            "text/plain",
            "application/merge-patch+json",
            "application/json, text/plain",
            "application/json; charset=utf-8, text/plain",
            "text/plain, application/json",
        ] {
            assert_eq!(
                encoding("content-type", other),
                Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
                "{other}"
            );
        }
    }

    #[test]
    fn content_encoding_must_be_identity() {
        for none in ["", "identity", "Identity", "identity, identity", ",identity,", " , "] {
            assert_eq!(encoding("content-encoding", none), Ok(Encoding::Json), "{none}");
        }
        for other in ["gzip", "identity, gzip", "identity gzip", "identity;q=1"] {
            assert_eq!(
                encoding("content-encoding", other),
                Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
                "{other}"
            );
        }
    }
}
