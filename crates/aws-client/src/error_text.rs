//! Texts for SDK errors.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Returns the kind of failure, for logs. The text contains nothing of the request or the response,
/// which may name a customer.
pub fn sdk_error_kind<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    let status = |raw: &HttpResponse| raw.status().as_u16();
    match error {
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
    }
}

/// Returns the error with AWS's own message, for a person.
pub fn sdk_error_message<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(refused) => {
            let code = refused.err().code().unwrap_or("an error without a code");
            format!("{code}: {}", refused.err().message().unwrap_or("no message"))
        }
        SdkError::TimeoutError(_) => "AWS did not answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) => format!("AWS cannot be reached: {}", with_causes(error)),
            None => "AWS cannot be reached".to_owned(),
        },
        other => with_causes(other),
    }
}

fn with_causes(mut error: &dyn Error) -> String {
    let mut text = error.to_string();
    while let Some(cause) = error.source() {
        text = format!("{text}: {cause}");
        error = cause;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    type Error = SdkError<GetItemError, HttpResponse>;

    fn raw() -> HttpResponse {
        HttpResponse::new(500.try_into().unwrap(), SdkBody::from("Ada Lovelace"))
    }

    fn throttled() -> Error {
        let metadata = ErrorMetadata::builder().code("Throttled").message("slow down").build();
        SdkError::service_error(GetItemError::generic(metadata), raw())
    }

    fn unreachable() -> Error {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "refused");
        SdkError::dispatch_failure(ConnectorError::io(refused.into()))
    }

    fn no_answer() -> Error {
        SdkError::timeout_error("Ada Lovelace")
    }

    #[test]
    fn error_kind_never_repeats_the_response() {
        let unreadable = Error::response_error("Ada Lovelace", raw());
        let refused = Error::service_error(GetItemError::unhandled("Ada Lovelace"), raw());
        let not_made = Error::construction_failure("Ada Lovelace");
        for (error, kind) in [
            (no_answer(), "no answer in time"),
            (
                unreachable(),
                "io error: refused (ConnectorError { kind: Io, source: Custom { kind: ConnectionRefused, error: \"refused\" }, connection: Unknown })",
            ),
            (unreadable, "an unreadable answer, status 500"),
            (throttled(), "Throttled"),
            (refused, "an error without a code, status 500"),
            (not_made, "the request could not be made"),
        ] {
            assert_eq!(sdk_error_kind(&error), kind);
        }
    }

    #[test]
    fn error_message_repeats_what_aws_says() {
        let not_made = Error::construction_failure(io::Error::other("no region"));
        for (error, message) in [
            (throttled(), "Throttled: slow down"),
            (no_answer(), "AWS did not answer in time"),
            (unreachable(), "AWS cannot be reached: io error: refused"),
            (not_made, "failed to construct request: no region"),
        ] {
            assert_eq!(sdk_error_message(&error), message);
        }
    }
}
