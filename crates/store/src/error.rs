//! What can go wrong with a table, as its caller must know it.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// A table did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer, or one that says "not now": nothing is known to have happened, and the same call
    /// may be tried again.
    #[error("DynamoDB is unavailable: {0}")]
    Unavailable(String),
    /// A row is there, but is not what this version writes.
    #[error("a row of {table} cannot be read: {attribute}")]
    Unreadable {
        /// Which table.
        table: &'static str,
        /// Which attribute is missing or wrong. Never its value.
        attribute: &'static str,
    },
}

/// A row that is not what this version writes, and stands in the way of nothing else.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Its key, as it stands there.
    pub key: String,
    /// Which attribute is missing or wrong.
    pub error: StoreError,
}

impl StoreError {
    /// What kind of failure it was. Neither the request nor the answer, which may name a customer.
    pub(crate) fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        let status = |raw: &HttpResponse| raw.status().as_u16();
        Self::Unavailable(match error {
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(error) => DisplayErrorContext(error).to_string(),
                None => "the request was not sent".to_owned(),
            },
            SdkError::ResponseError(unreadable) => {
                format!("an unreadable answer, status {}", status(unreadable.raw()))
            }
            SdkError::ServiceError(refused) => match refused.err().code() {
                Some(code) => code.to_owned(),
                None => format!("an error without a code, status {}", status(refused.raw())),
            },
            _ => "the request could not be made".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_types::body::SdkBody;

    #[test]
    fn an_answer_is_never_repeated() {
        let raw = || HttpResponse::new(500.try_into().unwrap(), SdkBody::from("Ada Lovelace"));
        let unreadable: SdkError<GetItemError, _> = SdkError::response_error("Ada Lovelace", raw());
        let refused = SdkError::service_error(GetItemError::unhandled("Ada Lovelace"), raw());
        assert_eq!(
            [unreadable, refused].map(|error| StoreError::unavailable(&error).to_string()),
            [
                "DynamoDB is unavailable: an unreadable answer, status 500",
                "DynamoDB is unavailable: an error without a code, status 500"
            ]
        );
    }
}
