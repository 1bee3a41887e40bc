//! A proxy between functions and the AWS endpoint that injects faults: it can refuse, delay,
//! throttle or fail a call, or forward it and drop the response.

mod aws;
mod call_log;
mod plan;
mod statements;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::http::{request, response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::http::{self, HttpClient};
use call_log::CallLog;
use plan::{Met, Plan, Storm, Times};

pub use call_log::Call;

/// A running proxy. It stops when this is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    url: String,
    plan: Arc<Mutex<Plan>>,
    log: CallLog,
    connections: Connections,
    accepting: JoinHandle<()>,
}

type Connections = Arc<Mutex<JoinSet<()>>>;

/// A fault that the proxy injects into a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Close the connection before the call gets through.
    Refuse,
    /// Forward the call late.
    Delay(Duration),
    /// Respond that the request was throttled. Nothing is executed.
    Throttle,
    /// Respond with a server error. Nothing is executed.
    Fail,
    /// Respond that another transaction was using the same item. Nothing is executed.
    Conflict,
    /// Forward the call, then close the connection instead of responding.
    LoseAnswer,
    /// Forward the call, but never respond and keep the connection open.
    WithholdAnswer,
}

/// A scheduled fault, with a count of how often it was injected.
#[derive(Debug)]
pub struct Injected {
    times: watch::Receiver<Times>,
}

impl Fault {
    /// The fault's name in reports.
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
    /// Starts a proxy in front of an endpoint, on a free loopback port. Without faults, every call
    /// passes.
    pub async fn start(endpoint: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (plan, log) = (Arc::default(), CallLog::default());
        let endpoint = endpoint.trim_start_matches("http://").to_owned();
        let way =
            Way { client: http::client(), endpoint, plan: Arc::clone(&plan), log: log.clone() };
        let connections = Connections::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&connections), way));
        Ok(Self { url, plan, log, connections, accepting })
    }

    /// The endpoint to configure in functions.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Schedules a fault for the next `times` calls of an operation, such as `PutItem` or
    /// `Publish`. Faults of one operation are injected in the order in which they were scheduled.
    #[expect(clippy::must_use_candidate, reason = "not every caller waits for it to happen")]
    pub fn inject(&self, operation: &str, fault: Fault, times: u32) -> Injected {
        Injected { times: self.plan().arrange(operation, fault, times) }
    }

    /// Fails the statement that inserts this order into this table, in the next `times` calls of
    /// `BatchExecuteStatement` that have it. The other statements of such a call are executed.
    pub fn fail_insert(&self, table: &str, order_id: &str, times: u32) {
        self.plan().fail_insert(table, order_id, times);
    }

    /// From now on, records the calls that are forwarded.
    pub fn record(&self) {
        self.log.start();
    }

    /// From now on, passes each call that was forwarded to a function.
    pub fn observe(&self, observe: impl FnMut(&Call) + Send + 'static) {
        self.log.observe(observe);
    }

    /// The recorded calls, in the order in which AWS answered them.
    #[must_use]
    pub fn recorded(&self) -> Vec<Call> {
        self.log.calls()
    }

    /// From now until [`Self::calm`], injects a random fault, drawn from the seed, into one call in
    /// `one_in`.
    pub fn storm(&self, seed: u64, one_in: u32) {
        self.plan().storm(seed, one_in);
    }

    /// Stops injecting faults.
    pub fn calm(&self) {
        self.plan().calm();
    }

    /// The names of the faults of a storm.
    #[must_use]
    pub fn storm_faults() -> Vec<&'static str> {
        Storm::KINDS.map(Fault::name).to_vec()
    }

    /// How many calls met a fault so far, by the fault's name.
    #[must_use]
    pub fn met(&self) -> BTreeMap<&'static str, u32> {
        self.plan().met()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect(UNPOISONED)
    }

    /// Closes every connection, as a server does with idle ones, and returns how many were open.
    pub async fn hang_up(&self) -> usize {
        let mut connections = std::mem::take(&mut *self.connections.lock().expect(UNPOISONED));
        while connections.try_join_next().is_some() {}
        let open = connections.len();
        connections.shutdown().await;
        open
    }
}

const UNPOISONED: &str = "nobody panics while holding it";

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Injected {
    /// How many calls met it.
    #[must_use]
    pub fn times(&self) -> u32 {
        self.times.borrow().met
    }

    /// Waits until it was injected: a response is lost once the service has sent it.
    ///
    /// # Panics
    ///
    /// If no call meets it within a minute.
    pub async fn happened(&mut self) {
        let done = self.times.wait_for(|times| times.done > 0);
        let done = timeout(Duration::from_mins(1), done).await;
        // The sender lives as long as the proxy does.
        let _ = done.expect("no call met the injected fault within a minute");
    }
}

#[derive(Clone)]
struct Way {
    client: HttpClient,
    endpoint: String,
    plan: Arc<Mutex<Plan>>,
    log: CallLog,
}

impl Way {
    fn meet(&self, operation: &str) -> Option<Met> {
        self.plan.lock().expect(UNPOISONED).meet(operation)
    }

    /// Forwards a call. Inserts that are to fail are left out, and answered as failed.
    async fn pass(&self, call: Passing) -> Result<Response<Full<Bytes>>> {
        let failing = self.plan.lock().expect(UNPOISONED).failing_statements(&call.body);
        if failing.is_empty() {
            let (parts, answer) = self.forward(call).await?;
            return Ok(Response::from_parts(parts, Full::from(answer)));
        }
        let answer = match statements::without(&call.body, &failing)? {
            Some(body) => self.forward(Passing { body, ..call }).await?.1,
            None => Bytes::from_static(statements::NOTHING_DONE),
        };
        let answer = statements::with_failures(&answer, &failing)?;
        let response = Response::builder().header(CONTENT_TYPE, "application/x-amz-json-1.0");
        Ok(response.body(Full::from(answer))?)
    }

    /// Forwards a call. It is logged even if its caller is killed meanwhile, which drops this future.
    async fn forward(&self, call: Passing) -> Result<(response::Parts, Bytes)> {
        tokio::spawn(self.clone().forward_and_log(call)).await?
    }

    async fn forward_and_log(
        self,
        Passing { operation, mut parts, body }: Passing,
    ) -> Result<(response::Parts, Bytes)> {
        parts.headers.insert(CONTENT_LENGTH, body.len().into());
        let request = Request::from_parts(parts, Full::from(body.clone()));
        let answer = async {
            let (parts, answer) = self.client.request(request).await?.into_parts();
            anyhow::Ok((parts, answer.collect().await?.to_bytes()))
        };
        let answer = answer.await;
        let seen = answer.as_ref().ok().map(|(parts, body)| (parts.status, body));
        self.log.add(&operation, &body, seen);
        answer
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
        // An error here is an injected fault, or a client that was killed.
        let connection = http1::Builder::new().serve_connection(TokioIo::new(connection), answer);
        connections.lock().expect(UNPOISONED).spawn(async { drop(connection.await) });
    }
}

/// A call on its way to AWS.
struct Passing {
    operation: String,
    parts: request::Parts,
    body: Bytes,
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
    let call = Passing { operation, parts, body };

    let Some(met) = way.meet(&call.operation) else { return way.pass(call).await };
    match met.fault {
        Fault::Refuse => {
            met.complete();
            bail!("refused on purpose")
        }
        Fault::Delay(time) => {
            met.complete();
            tokio::time::sleep(time).await;
            way.pass(call).await
        }
        fault @ (Fault::Throttle | Fault::Fail | Fault::Conflict) => {
            met.complete();
            Ok(aws::error_answer(fault, speaks_json, &call.body))
        }
        Fault::LoseAnswer => {
            pass_unanswered(way.clone(), call, met).await?;
            bail!("lost on purpose")
        }
        Fault::WithholdAnswer => {
            pass_unanswered(way.clone(), call, met).await?;
            std::future::pending().await
        }
    }
}

/// Forwards a call whose caller gets no response, and counts it even if the caller hangs up meanwhile.
async fn pass_unanswered(way: Way, call: Passing, met: Met) -> Result<()> {
    let passed = async move {
        let passed = way.pass(call).await;
        if passed.is_ok() {
            met.complete();
        } else {
            met.cancel();
        }
        passed.map(drop)
    };
    tokio::spawn(passed).await?
}
