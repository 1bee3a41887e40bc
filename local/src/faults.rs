//! A proxy between functions and the AWS endpoint that does to their calls what networks and services do: it can
//! refuse, delay, throttle and fail them, and let one through and lose its answer.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::http::{self, HttpClient};

/// A running proxy. It ends when this is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    url: String,
    rules: Arc<Mutex<Vec<Rule>>>,
    connections: Connections,
    accepting: JoinHandle<()>,
}

type Connections = Arc<Mutex<JoinSet<()>>>;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed before the call gets through.
    Refuse,
    /// The call gets through late.
    Delay(Duration),
    /// The service says that it is asked too much. Nothing happens.
    Throttle,
    /// The service says that it failed. Nothing happens.
    Fail,
    /// The service says that another transaction was at the same item. Nothing happens.
    Conflict,
    /// The call gets through and does its work; then the connection is closed instead of an answer.
    LoseAnswer,
    /// The call gets through and does its work; the answer never comes, and nothing else does.
    WithholdAnswer,
}

/// A fault that was arranged, to see when it happens.
#[derive(Debug)]
pub struct Injected {
    happened: watch::Receiver<u32>,
}

#[derive(Debug)]
struct Rule {
    operation: String,
    fault: Fault,
    left: u32,
    happened: watch::Sender<u32>,
}

impl FaultProxy {
    /// Starts in front of an endpoint, on a free loopback port. Without faults, every call passes.
    pub async fn start(endpoint: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let rules = Arc::default();
        let endpoint = endpoint.trim_start_matches("http://").to_owned();
        let way = Way { client: http::client(), endpoint, rules: Arc::clone(&rules) };
        let connections = Connections::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&connections), way));
        Ok(Self { url, rules, connections, accepting })
    }

    /// The endpoint to give to functions.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Arranges that the next `times` calls of an operation, such as `PutItem` or `Publish`, meet a fault. Faults of one
    /// operation happen in the order they were arranged in.
    #[expect(clippy::must_use_candidate, reason = "not every caller waits for it to happen")]
    pub fn inject(&self, operation: &str, fault: Fault, times: u32) -> Injected {
        let (sender, happened) = watch::channel(0);
        let rule = Rule { operation: operation.to_owned(), fault, left: times, happened: sender };
        self.rules.lock().expect(UNPOISONED).push(rule);
        Injected { happened }
    }

    /// Closes every connection, as a server does with those that nobody has used for a while.
    pub async fn hang_up(&self) {
        let mut connections = std::mem::take(&mut *self.connections.lock().expect(UNPOISONED));
        connections.shutdown().await;
    }
}

const UNPOISONED: &str = "nobody panics while holding it";

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Injected {
    /// How often it has happened. An answer counts as lost once the service has given it.
    #[must_use]
    pub fn times(&self) -> u32 {
        *self.happened.borrow()
    }

    /// Waits until it has happened.
    pub async fn happened(&mut self) {
        // The sender lives as long as the proxy does.
        let _ = self.happened.wait_for(|times| *times > 0).await;
    }
}

#[derive(Clone)]
struct Way {
    client: HttpClient,
    endpoint: String,
    rules: Arc<Mutex<Vec<Rule>>>,
}

impl Way {
    fn fault_of(&self, operation: &str) -> Option<(Fault, watch::Sender<u32>)> {
        let mut rules = self.rules.lock().expect(UNPOISONED);
        let rule = rules.iter_mut().find(|rule| rule.operation == operation && rule.left > 0)?;
        rule.left -= 1;
        Some((rule.fault, rule.happened.clone()))
    }

    async fn pass(&self, request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>> {
        let (parts, body) = self.client.request(request).await?.into_parts();
        Ok(Response::from_parts(parts, Full::from(body.collect().await?.to_bytes())))
    }
}

async fn accept(listener: TcpListener, connections: Connections, way: Way) {
    loop {
        let Ok((connection, _)) = listener.accept().await else { continue };
        let way = way.clone();
        let answer = service_fn(move |request| {
            let way = way.clone();
            async move { answer(request, &way).await }
        });
        // An error here is a fault that was arranged, or a client that was killed.
        let connection = http1::Builder::new().serve_connection(TokioIo::new(connection), answer);
        connections.lock().expect(UNPOISONED).spawn(async { drop(connection.await) });
    }
}

/// An error closes the connection.
async fn answer(request: Request<Incoming>, way: &Way) -> Result<Response<Full<Bytes>>> {
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let operation = operation(&parts.headers, &body);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = Uri::builder().scheme("http").authority(way.endpoint.as_str()).path_and_query(path).build()?;
    let speaks_json = parts.headers.contains_key(TARGET);
    let request = Request::from_parts(parts, Full::from(body));

    let Some((fault, happened)) = way.fault_of(&operation) else { return way.pass(request).await };
    let happens = || happened.send_modify(|times| *times += 1);
    match fault {
        Fault::Refuse => {
            happens();
            bail!("refused on purpose")
        }
        Fault::Delay(time) => {
            happens();
            tokio::time::sleep(time).await;
            way.pass(request).await
        }
        Fault::Throttle | Fault::Fail | Fault::Conflict => {
            happens();
            Ok(error_answer(fault, speaks_json))
        }
        Fault::LoseAnswer => {
            way.pass(request).await?;
            happens();
            bail!("lost on purpose")
        }
        Fault::WithholdAnswer => {
            way.pass(request).await?;
            happens();
            std::future::pending().await
        }
    }
}

const TARGET: &str = "x-amz-target";

/// DynamoDB names the operation in a header, SNS in the body.
fn operation(headers: &hyper::HeaderMap, body: &[u8]) -> String {
    let target = headers.get(TARGET).and_then(|target| target.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.rsplit_once('.')) {
        return operation.to_owned();
    }
    let body = String::from_utf8_lossy(body);
    body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned()
}

/// An error as DynamoDB (JSON) or SNS (XML) words it.
fn error_answer(fault: Fault, json: bool) -> Response<Full<Bytes>> {
    let (status, code) = match (fault, json) {
        (Fault::Throttle, true) => (StatusCode::BAD_REQUEST, "ThrottlingException"),
        (Fault::Throttle, false) => (StatusCode::BAD_REQUEST, "Throttling"),
        (Fault::Conflict, _) => (StatusCode::BAD_REQUEST, "TransactionCanceledException"),
        (_, true) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        (_, false) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
    };
    let (content_type, body) = if json {
        let mut error = serde_json::json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "on purpose" });
        if fault == Fault::Conflict {
            error["CancellationReasons"] = serde_json::json!([{ "Code": "TransactionConflict" }, { "Code": "None" }]);
        }
        ("application/x-amz-json-1.0", error.to_string())
    } else {
        let error = format!("<Error><Type>Receiver</Type><Code>{code}</Code><Message>on purpose</Message></Error>");
        ("text/xml", format!("<ErrorResponse>{error}<RequestId>on-purpose</RequestId></ErrorResponse>"))
    };
    let response = Response::builder().status(status).header(CONTENT_TYPE, content_type);
    response.body(Full::from(body)).expect("these headers are valid")
}
