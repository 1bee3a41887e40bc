//! A mock of AWS.

use std::collections::BTreeMap;
use std::fmt;
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

/// Responds to requests and records them.
#[derive(Clone)]
pub struct MockAws {
    state: Arc<Mutex<State>>,
}

struct State {
    respond: Box<Respond>,
    requests: Vec<RecordedRequest>,
    /// How many requests the test must make; `None` for any number.
    expected_requests: Option<usize>,
}

/// Returns the status and the body of the response.
type Respond = dyn FnMut(&RecordedRequest) -> (u16, String) + Send;

/// A recorded request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    headers: BTreeMap<String, String>,
    body: String,
}

impl MockAws {
    /// Responds with these statuses and bodies, in order, whatever the requests. A request after
    /// the last of them fails the test.
    #[must_use]
    pub fn responding<B: ToString>(responses: impl IntoIterator<Item = (u16, B)>) -> Self {
        let responses = responses.into_iter().map(|(status, body)| (status, body.to_string()));
        let responses: Vec<_> = responses.collect();
        let expected_requests = Some(responses.len());
        let mut responses = responses.into_iter();
        let respond = Box::new(move |_: &_| responses.next().expect("the test has a response"));
        let state = State { respond, requests: vec![], expected_requests };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Responds to each request, in AWS's JSON protocol, with what `respond` returns for its
    /// operation and body.
    #[must_use]
    pub fn with_json(
        mut respond: impl FnMut(&str, Value) -> (u16, Value) + Send + 'static,
    ) -> Self {
        let respond = Box::new(move |request: &RecordedRequest| {
            let (operation, body) = request.json();
            let (status, response) = respond(operation, body);
            (status, response.to_string())
        });
        let state = State { respond, requests: vec![], expected_requests: None };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The configuration for clients.
    #[must_use]
    pub fn sdk(&self) -> SdkConfig {
        sdk::config(self.clone()).build()
    }

    /// The recorded requests, in order. Panics unless every response was used.
    #[must_use]
    pub fn requests<const REQUESTS: usize>(&self) -> [RecordedRequest; REQUESTS] {
        let state = self.state();
        if let Some(expected) = state.expected_requests {
            assert_eq!(state.requests.len(), expected, "the number of requests");
        }
        let requests = state.requests.clone().try_into();
        requests.unwrap_or_else(|requests| panic!("other requests than expected: {requests:#?}"))
    }

    /// The bodies of the recorded requests for a JSON operation.
    #[must_use]
    pub fn json_requests(&self, operation: &str) -> Vec<Value> {
        let state = self.state();
        let requests = state.requests.iter().map(RecordedRequest::json);
        requests.filter(|(of, _)| *of == operation).map(|(_, body)| body).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("only a failed test panics while holding the lock")
    }
}

impl fmt::Debug for MockAws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MockAws")
    }
}

impl RecordedRequest {
    /// A header's value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The operation of a JSON request, such as `PutItem`, and its body.
    #[must_use]
    pub fn json(&self) -> (&str, Value) {
        let operation = self
            .header("x-amz-target")
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
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let request = RecordedRequest { headers, body };
        let mut state = self.state();
        let (status, response) = (state.respond)(&request);
        state.requests.push(request);
        let status = status.try_into().expect("an HTTP status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(response))))
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
