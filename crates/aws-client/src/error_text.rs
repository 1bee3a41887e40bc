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
    use super::*;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_types::body::SdkBody;

    #[test]
    fn error_kind_never_repeats_the_response() {
        let raw = || HttpResponse::new(500.try_into().unwrap(), SdkBody::from("Ada Lovelace"));
        let unreadable: SdkError<GetItemError, _> = SdkError::response_error("Ada Lovelace", raw());
        let refused = SdkError::service_error(GetItemError::unhandled("Ada Lovelace"), raw());
        assert_eq!(
            [unreadable, refused].map(|error| sdk_error_kind(&error)),
            ["an unreadable answer, status 500", "an error without a code, status 500"]
        );
    }
}
