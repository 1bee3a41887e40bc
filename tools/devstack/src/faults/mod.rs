//! A proxy between functions and the AWS endpoint that does to their calls what networks and
//! services do: it can refuse, delay, throttle and fail them, and let one through and lose its
//! answer.

mod aws;
mod plan;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::http::{self, HttpClient};
use plan::{Met, Plan};

/// A running proxy. It ends when this is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    url: String,
    plan: Arc<Mutex<Plan>>,
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

impl Fault {
    /// Its name, for a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuse => "connection refused",
            Self::Delay(_) => "delayed",
            Self::Throttle => "throttled",
            Self::Fail => "service error",
            Self::Conflict => "transaction conflict",
            Self::LoseAnswer => "answer lost",
            Self::WithholdAnswer => "answer withheld",
        }
    }
}

impl FaultProxy {
    /// Starts in front of an endpoint, on a free loopback port. Without faults, every call passes.
    pub async fn start(endpoint: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let plan = Arc::default();
        let endpoint = endpoint.trim_start_matches("http://").to_owned();
        let way = Way { client: http::client(), endpoint, plan: Arc::clone(&plan) };
        let connections = Connections::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&connections), way));
        Ok(Self { url, plan, connections, accepting })
    }

    /// The endpoint to give to functions.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Arranges that the next `times` calls of an operation, such as `PutItem` or `Publish`, meet a
    /// fault. Faults of one operation happen in the order they were arranged in.
    #[expect(clippy::must_use_candidate, reason = "not every caller waits for it to happen")]
    pub fn inject(&self, operation: &str, fault: Fault, times: u32) -> Injected {
        Injected { happened: self.plan().arrange(operation, fault, times) }
    }

    /// From now on, and until [`Self::calm`], one call in `one_in` meets a fault, drawn from the
    /// seed.
    pub fn storm(&self, seed: u64, one_in: u32) {
        self.plan().storm(seed, one_in);
    }

    /// Nothing goes wrong any more.
    pub fn calm(&self) {
        self.plan().calm();
    }

    /// How many calls met a fault so far, by its name.
    #[must_use]
    pub fn met(&self) -> BTreeMap<&'static str, u32> {
        self.plan().met()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect(UNPOISONED)
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
    plan: Arc<Mutex<Plan>>,
}

impl Way {
    fn meet(&self, operation: &str) -> Option<Met> {
        self.plan.lock().expect(UNPOISONED).meet(operation)
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
    let operation = aws::operation(&parts.headers, &body);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = Uri::builder()
        .scheme("http")
        .authority(way.endpoint.as_str())
        .path_and_query(path)
        .build()?;
    let speaks_json = aws::speaks_json(&parts.headers);
    let request = Request::from_parts(parts, Full::from(body.clone()));

    let Some(met) = way.meet(&operation) else { return way.pass(request).await };
    match met.fault {
        Fault::Refuse => {
            met.happens();
            bail!("refused on purpose")
        }
        Fault::Delay(time) => {
            met.happens();
            tokio::time::sleep(time).await;
            way.pass(request).await
        }
        fault @ (Fault::Throttle | Fault::Fail | Fault::Conflict) => {
            met.happens();
            Ok(aws::error_answer(fault, speaks_json, &body))
        }
        Fault::LoseAnswer => {
            way.pass(request).await?;
            met.happens();
            bail!("lost on purpose")
        }
        Fault::WithholdAnswer => {
            way.pass(request).await?;
            met.happens();
            std::future::pending().await
        }
    }
}
