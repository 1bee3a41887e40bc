//! The `User-Agent` of calls to AWS, which AWS's audit log records.

use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{
    Intercept, disable_interceptor, dyn_dispatch_hint,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Sends a short, constant `User-Agent` instead of the SDK's two headers, which the SDK composes
/// for every call, and of which it signs one. It names the SDK and the version of its service crate.
#[derive(Debug)]
pub struct ShortUserAgent(String);

impl ShortUserAgent {
    /// For the client of a service, such as `dynamodb`, and the version of its crate.
    #[must_use]
    pub fn new(service: &str, version: &str) -> Self {
        Self(format!("aws-sdk-rust api/{service}#{version} app/order-fanout"))
    }
}

#[dyn_dispatch_hint]
impl Intercept for ShortUserAgent {
    fn name(&self) -> &'static str {
        "ShortUserAgent"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config
            .interceptor_state()
            .store_put(disable_interceptor::<UserAgentInterceptor>("a shorter one is sent"));
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("user-agent", self.0.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::MockAws;
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::config::Builder;

    #[tokio::test]
    async fn one_short_header_is_sent() {
        let aws = MockAws::responding([(200, "{}")]);
        let config = Builder::from(&aws.sdk()).interceptor(ShortUserAgent::new("dynamodb", "1.2"));
        Client::from_conf(config.build()).list_tables().send().await.unwrap();
        let [request] = aws.requests();
        assert_eq!(
            request.header("user-agent"),
            Some("aws-sdk-rust api/dynamodb#1.2 app/order-fanout")
        );
        assert_eq!(request.header("x-amz-user-agent"), None);
    }
}
