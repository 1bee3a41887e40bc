//! A mock of AWS with scripted responses.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use serde_json::Value;

use crate::sdk;

/// Returns its responses in order, whatever the request, and records the requests.
#[derive(Clone, Debug)]
pub struct MockAws {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug)]
struct Script {
    answers: VecDeque<(u16, String)>,
    asked: Vec<RecordedRequest>,
}

/// A recorded request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    target: Option<String>,
    body: String,
}

impl MockAws {
    /// Responds with these statuses and bodies. A request after the last of them fails the test.
    #[must_use]
    pub fn responding<B: ToString>(answers: impl IntoIterator<Item = (u16, B)>) -> Self {
        let answers =
            answers.into_iter().map(|(status, body)| (status, body.to_string())).collect();
        Self { script: Arc::new(Mutex::new(Script { answers, asked: Vec::new() })) }
    }

    /// The configuration for clients.
    #[must_use]
    pub fn sdk(&self) -> SdkConfig {
        sdk::config(self.clone()).build()
    }

    /// The recorded requests, in order. Panics unless every response was used.
    #[must_use]
    pub fn requests<const REQUESTS: usize>(&self) -> [RecordedRequest; REQUESTS] {
        let script = self.script();
        assert!(script.answers.is_empty(), "{} answers were not asked for", script.answers.len());
        script
            .asked
            .clone()
            .try_into()
            .unwrap_or_else(|asked| panic!("other requests than expected: {asked:#?}"))
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("nobody panics while holding it, but a test that fails")
    }
}

impl RecordedRequest {
    /// The operation of a JSON request, such as `PutItem`, and its body.
    #[must_use]
    pub fn json(&self) -> (&str, Value) {
        let operation = self
            .target
            .as_deref()
            .and_then(|target| target.split('.').nth(1))
            .expect("a JSON request");
        (operation, serde_json::from_str(&self.body).expect("the body is JSON"))
    }

    /// The form fields of a request in AWS's query protocol, including `Action`.
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// The message attributes of an SNS request, or of its entry whose fields have this prefix:
    /// name, data type, value.
    #[must_use]
    pub fn message_attributes(&self, entry: &str) -> Vec<[String; 3]> {
        let form = self.form();
        let field = |at: usize, name: &str| {
            form.get(&format!("{entry}MessageAttributes.entry.{at}.{name}")).cloned()
        };
        let attributes = (1..).map_while(|at| {
            Some([
                field(at, "Name")?,
                field(at, "Value.DataType")?,
                field(at, "Value.StringValue")?,
            ])
        });
        let mut attributes: Vec<_> = attributes.collect();
        attributes.sort();
        attributes
    }
}

impl HttpConnector for MockAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body =
            String::from_utf8_lossy(request.body().bytes().expect("a body that is no stream"))
                .into_owned();
        let target = request.headers().get("x-amz-target").map(str::to_owned);
        let mut script = self.script();
        script.asked.push(RecordedRequest { target, body });
        let (status, answer) = script.answers.pop_front().expect("the script has an answer");
        let status = status.try_into().expect("an HTTP status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer))))
    }
}

impl HttpClient for MockAws {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
