//! The kinds of problems. Their URIs are part of the contract: docs/reference/errors.md lists them,
//! and none is ever changed.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

/// The kind of a problem, which clients can match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    MalformedBody,
    InvalidIdempotencyKey,
    NotFound,
    OrderNotFound,
    InvoiceNotFound,
    MethodNotAllowed,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidOrder,
    IdempotencyKeyReused,
    InternalError,
    Unavailable,
}

impl Kind {
    pub(crate) fn uri(self) -> &'static str {
        self.described().0
    }

    pub(crate) fn title(self) -> &'static str {
        self.described().1
    }

    pub(crate) fn status(self) -> StatusCode {
        self.described().2
    }

    fn described(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Self::MalformedBody => {
                ("/problems/malformed-body", "Malformed body", StatusCode::BAD_REQUEST)
            }
            Self::InvalidIdempotencyKey => (
                "/problems/invalid-idempotency-key",
                "Invalid idempotency key",
                StatusCode::BAD_REQUEST,
            ),
            Self::NotFound => ("/problems/not-found", "Not Found", StatusCode::NOT_FOUND),
            Self::OrderNotFound => {
                ("/problems/order-not-found", "Not Found", StatusCode::NOT_FOUND)
            }
            Self::InvoiceNotFound => {
                ("/problems/invoice-not-found", "Not Found", StatusCode::NOT_FOUND)
            }
            Self::MethodNotAllowed => (
                "/problems/method-not-allowed",
                "Method Not Allowed",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            Self::BodyTooLarge => {
                ("/problems/body-too-large", "Payload Too Large", StatusCode::PAYLOAD_TOO_LARGE)
            }
            Self::UnsupportedMediaType => (
                "/problems/unsupported-media-type",
                "Unsupported Media Type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::InvalidOrder => {
                ("/problems/invalid-order", "Invalid order", StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::IdempotencyKeyReused => (
                "/problems/idempotency-key-reused",
                "Idempotency key reused",
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            Self::InternalError => (
                "/problems/internal-error",
                "Internal Server Error",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
            Self::Unavailable => {
                ("/problems/unavailable", "Service Unavailable", StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.uri())
    }
}
