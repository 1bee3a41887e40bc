//! Error responses: RFC 9457 problem details. `pages` renders them as HTML. Log messages are
//! separate and written where the failure is handled.

mod kind;

use axum::Json;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

pub(crate) use kind::Kind;

/// A problem, in the fields of RFC 9457 with a list of `errors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) title: &'static str,
    #[serde(serialize_with = "as_number")]
    pub(crate) status: StatusCode,
    pub(crate) detail: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// A JSON pointer to the field; empty for the body as a whole.
    pub(crate) pointer: &'static str,
    pub(crate) detail: String,
}

impl FieldError {
    pub(crate) fn new(pointer: &'static str, detail: &(impl ToString + ?Sized)) -> Self {
        Self { pointer, detail: detail.to_string() }
    }

    /// The coupon cannot be spent. The text is the same for every reason, so that nobody can find
    /// out which codes exist (docs/adr/0009).
    pub(crate) fn coupon_refused() -> Self {
        Self::new(
            "/coupon",
            "cannot be spent: check each character; or it has expired, or was spent before",
        )
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// Returns a problem of this kind; `detail` is shown to the client.
    pub(crate) fn new(kind: Kind, detail: &'static str) -> Self {
        Self { kind, title: kind.title(), status: kind.status(), detail, errors: vec![] }
    }

    /// One or more fields are invalid.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = "The order was not accepted; each error says which field and why.";
        Self { errors, ..Self::new(Kind::InvalidOrder, detail) }
    }

    /// The coupon is the only invalid field.
    pub(crate) fn coupon_refused() -> Self {
        Self::invalid(vec![FieldError::coupon_refused()])
    }

    /// The idempotency key belongs to another order.
    pub(crate) fn key_of_another() -> Self {
        let detail = "Another order was accepted with this idempotency key. A new order needs a key of its own.";
        Self::new(Kind::IdempotencyKeyReused, detail)
    }

    /// The order is not known to be saved, or cannot be read now.
    pub(crate) fn unavailable() -> Self {
        Self::new(
            Kind::Unavailable,
            "The shop cannot reach its records at the moment. Please try again.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        self.complete(response)
    }
}

impl Problem {
    /// Adds the headers that a problem has in any format.
    pub(crate) fn complete(&self, mut response: Response) -> Response {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
