//! The kinds of problems. Their URIs are part of the contract: docs/reference/errors.md lists them,
//! and they never change.

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
        self.description().uri
    }

    pub(crate) fn title(self) -> &'static str {
        self.description().title
    }

    pub(crate) fn status(self) -> StatusCode {
        self.description().status
    }

    fn description(self) -> Description {
        match self {
            Self::MalformedBody => Description::new(
                "/problems/malformed-body",
                "Malformed body",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidIdempotencyKey => Description::new(
                "/problems/invalid-idempotency-key",
                "Invalid idempotency key",
                StatusCode::BAD_REQUEST,
            ),
            Self::NotFound => {
                Description::new("/problems/not-found", "Not Found", StatusCode::NOT_FOUND)
            }
            Self::OrderNotFound => {
                Description::new("/problems/order-not-found", "Not Found", StatusCode::NOT_FOUND)
            }
            Self::InvoiceNotFound => {
                Description::new("/problems/invoice-not-found", "Not Found", StatusCode::NOT_FOUND)
            }
            Self::MethodNotAllowed => Description::new(
                "/problems/method-not-allowed",
                "Method Not Allowed",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            Self::BodyTooLarge => Description::new(
                "/problems/body-too-large",
                "Payload Too Large",
                StatusCode::PAYLOAD_TOO_LARGE,
            ),
            Self::UnsupportedMediaType => Description::new(
                "/problems/unsupported-media-type",
                "Unsupported Media Type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::InvalidOrder => Description::new(
                "/problems/invalid-order",
                "Invalid order",
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            Self::IdempotencyKeyReused => Description::new(
                "/problems/idempotency-key-reused",
                "Idempotency key reused",
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            Self::InternalError => Description::new(
                "/problems/internal-error",
                "Internal Server Error",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
            Self::Unavailable => Description::new(
                "/problems/unavailable",
                "Service Unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
            ),
        }
    }
}

struct Description {
    uri: &'static str,
    title: &'static str,
    status: StatusCode,
}

impl Description {
    const fn new(uri: &'static str, title: &'static str, status: StatusCode) -> Self {
        Self { uri, title, status }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.uri())
    }
}
