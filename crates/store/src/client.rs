//! The functions' DynamoDB clients.

use aws_client::{CallPolicy, ShortUserAgent};
use aws_sdk_dynamodb::{Client, Config, config, meta};
use aws_types::SdkConfig;

/// Makes a client whose calls follow this policy.
pub(crate) fn client(sdk: &SdkConfig, policy: CallPolicy) -> Client {
    Client::from_conf(builder(sdk, policy).build())
}

/// The configuration of such a client.
pub(crate) fn builder(sdk: &SdkConfig, policy: CallPolicy) -> config::Builder {
    let user_agent = ShortUserAgent::new("dynamodb", meta::PKG_VERSION);
    Config::from(&policy.apply(sdk)).to_builder().interceptor(user_agent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::MockAws;

    #[tokio::test]
    async fn calls_name_the_sdk_in_one_short_header() {
        let aws = MockAws::responding([(200, "{}")]);
        client(&aws.sdk(), CallPolicy::PATIENT).list_tables().send().await.unwrap();
        let [request] = aws.requests();
        let expected = format!("aws-sdk-rust api/dynamodb#{} app/order-fanout", meta::PKG_VERSION);
        assert_eq!(request.header("user-agent"), Some(&*expected));
        assert_eq!(request.header("x-amz-user-agent"), None);
        let signed = request.header("authorization").unwrap();
        assert!(signed.contains("SignedHeaders=") && !signed.contains("user-agent"), "{signed}");
    }
}
