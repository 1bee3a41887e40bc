//! A mock SQS with scripted responses, for what the local emulator does not support.

use std::fmt;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sqs::Client;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use crate::queue::Queue;

/// Maps an action, such as `SendMessageBatch`, and its request to a status and a response.
type Answer = dyn Fn(&str, Value) -> (u16, Value) + Send + Sync;

#[derive(Clone)]
struct Script {
    answer: Arc<Answer>,
}

/// A queue with scripted responses.
pub(super) fn queue(answer: impl Fn(&str, Value) -> (u16, Value) + Send + Sync + 'static) -> Queue {
    let connector = SharedHttpConnector::new(Script { answer: Arc::new(answer) });
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "a", "b", None, None, "test",
        )))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    Queue { client: Client::new(&sdk), url: "https://sqs.eu-west-1.amazonaws.com/1/dlq".to_owned() }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Script(…)")
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").expect("SQS is spoken to in JSON");
        let asked =
            serde_json::from_slice(request.body().bytes().expect("a whole body")).expect("JSON");
        let (status, body) = (self.answer)(target.trim_start_matches("AmazonSQS."), asked);
        let response = HttpResponse::new(
            status.try_into().expect("a status"),
            SdkBody::from(body.to_string()),
        );
        HttpConnectorFuture::ready(Ok(response))
    }
}
