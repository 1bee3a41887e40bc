//! The Lambda Runtime API (version 2018-06-01), as far as functions need it.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::{Invoked, Outcome};

/// An event for the function.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) event: Bytes,
    pub(crate) invoked: oneshot::Sender<Invoked>,
    pub(crate) function_timeout: Duration,
}

/// A Runtime API for one sandbox. It stops when this is dropped.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    /// `host:port`, for `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    events: mpsc::UnboundedSender<Invocation>,
    state: watch::Receiver<State>,
    refusal: watch::Sender<Option<Refusal>>,
    accepting: JoinHandle<()>,
}

/// How the Runtime API refuses a function's responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// With the status 500.
    Status,
    /// By closing the connection.
    Disconnect,
}

/// The state of the function.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Starting,
    /// It asked for an event at this time.
    Idle(Instant),
    Busy,
    /// It reported that it cannot start.
    Failed(String),
}

struct Shared {
    events: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    in_flight: Mutex<Option<(Instant, oneshot::Sender<Invoked>)>>,
    state: watch::Sender<State>,
    refusal: watch::Receiver<Option<Refusal>>,
}

impl RuntimeApi {
    pub(crate) async fn serve() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (events, receiver) = mpsc::unbounded_channel();
        let (sender, state) = watch::channel(State::Starting);
        let (refusal, refused) = watch::channel(None);
        let shared = Arc::new(Shared {
            refusal: refused,
            events: Mutex::new(receiver),
            in_flight: Mutex::default(),
            state: sender,
        });
        let accepting = tokio::spawn(accept(listener, shared));
        Ok(Self { address, events, state, refusal, accepting })
    }

    /// Waits until the function asks for an event, and returns the time of the request.
    pub(crate) async fn idle(&mut self) -> Result<Instant> {
        let state =
            self.state.wait_for(|state| matches!(state, State::Idle(_) | State::Failed(_))).await?;
        match &*state {
            State::Idle(since) => Ok(*since),
            State::Failed(error) => bail!("its start-up failed: {error}"),
            State::Starting | State::Busy => bail!("it has been waited for"),
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        matches!(*self.state.borrow(), State::Idle(_))
    }

    pub(crate) fn refuse_responses(&self, refusal: Refusal) {
        self.refusal.send_replace(Some(refusal));
    }

    pub(crate) fn hand_over(&self, invocation: Invocation) -> Result<()> {
        self.events.send(invocation).ok().context("the Runtime API has ended")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((connection, _)) = listener.accept().await else { continue };
        // Lambda's own Runtime API responds without delay, too.
        let _ = connection.set_nodelay(true);
        let shared = Arc::clone(&shared);
        let answer = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { answer(request, &shared).await }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), answer));
    }
}

/// An error closes the connection.
async fn answer(request: Request<Incoming>, shared: &Shared) -> io::Result<Response<Full<Bytes>>> {
    let path = request.uri().path().trim_start_matches("/2018-06-01/runtime/").to_owned();
    if path == "invocation/next" {
        shared.state.send_replace(State::Idle(Instant::now()));
        return Ok(next(shared).await);
    }
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    if path == "init/error" {
        shared.state.send_replace(State::Failed(String::from_utf8_lossy(&body).into_owned()));
        return Ok(status(StatusCode::ACCEPTED));
    }
    match *shared.refusal.borrow() {
        Some(Refusal::Status) => return Ok(status(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Refusal::Disconnect) => return Err(io::ErrorKind::ConnectionAborted.into()),
        None => {}
    }
    let outcome = match path.rsplit('/').next() {
        Some("response") => Outcome::Response(body),
        Some("error") => Outcome::Error(body),
        _ => return Ok(status(StatusCode::NOT_FOUND)),
    };
    if let Some((since, waiting)) = shared.in_flight.lock().await.take() {
        // The caller is gone if the invocation exceeded its timeout.
        let _ = waiting.send(Invoked { outcome, took: since.elapsed() });
    }
    Ok(status(StatusCode::ACCEPTED))
}

async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    let Some(invocation) = shared.events.lock().await.recv().await else {
        return status(StatusCode::GONE);
    };
    shared.state.send_replace(State::Busy);
    *shared.in_flight.lock().await = Some((Instant::now(), invocation.invoked));
    let deadline = SystemTime::now() + invocation.function_timeout;
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .header(
            "lambda-runtime-trace-id",
            "Root=1-6921a2c0-3f1d5d0c7a2b4e8f9a0b1c2d;Parent=53995c3f42cd8ad8;Sampled=0",
        )
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:under-test",
        )
        .body(Full::from(invocation.event))
        .expect("these headers are valid")
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
