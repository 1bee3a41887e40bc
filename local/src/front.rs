//! The shop's front door on this machine: what reaches its port goes on to the HTTP API in the emulator.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::Stack;

/// An open front door. It closes when this is dropped.
#[derive(Debug)]
pub struct Front {
    url: String,
    accepting: JoinHandle<()>,
    answers: Answers,
}

/// How many requests were answered with which status.
type Answers = Arc<Mutex<BTreeMap<u16, u64>>>;

const UNPOISONED: &str = "nobody panics while counting";

type Body = Either<Incoming, Full<Bytes>>;

impl Front {
    /// Opens the door on a loopback port.
    pub async fn open(stack: &Stack, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.with_context(|| format!("port {port} is taken"))?;
        let port = listener.local_addr()?.port();
        let emulator = stack.endpoint.trim_start_matches("http://").to_owned();
        let host = format!("{}.execute-api.localhost", stack.outputs.api_id()?);
        let answers = Answers::default();
        let way = Way {
            answers: Arc::clone(&answers),
            client: Client::builder(TokioExecutor::new()).build_http(),
            host: HeaderValue::from_str(&host)?,
            emulator,
        };
        Ok(Self { url: format!("http://localhost:{port}"), accepting: tokio::spawn(accept(listener, way)), answers })
    }

    /// The shop's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many requests have come through and were answered with which status.
    #[must_use]
    pub fn answers(&self) -> BTreeMap<u16, u64> {
        self.answers.lock().expect(UNPOISONED).clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

#[derive(Clone)]
struct Way {
    client: Client<HttpConnector, Incoming>,
    host: HeaderValue,
    emulator: String,
    answers: Answers,
}

async fn accept(listener: TcpListener, way: Way) {
    loop {
        if let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, way.clone()));
        }
    }
}

async fn serve(connection: TcpStream, way: Way) {
    let forward = service_fn(move |request| {
        let way = way.clone();
        async move {
            let response = forward(request, &way).await.unwrap_or_else(|error| unreachable_emulator(&error));
            *way.answers.lock().expect(UNPOISONED).entry(response.status().as_u16()).or_default() += 1;
            Ok::<_, Infallible>(response)
        }
    });
    // A client that goes away in the middle is no news.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), forward).await;
}

/// Addresses that the emulator keeps for itself, whatever host is asked: a page in a browser must not reach them.
const EMULATORS_OWN: [&str; 3] = ["/_", "/health", "/restapis"];

async fn forward(mut request: Request<Incoming>, way: &Way) -> Result<Response<Body>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if EMULATORS_OWN.iter().any(|own| path.starts_with(own)) {
        let mut response = Response::new(Either::Right(Full::from("The emulator keeps this address for itself.\n")));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return Ok(response);
    }
    *request.uri_mut() = Uri::builder().scheme("http").authority(way.emulator.as_str()).path_and_query(path).build()?;
    request.headers_mut().insert(HOST, way.host.clone());
    let mut response = way.client.request(request).await?;
    // These belong to the connection to the emulator, not to the client's.
    response.headers_mut().remove(CONNECTION);
    response.headers_mut().remove(TRANSFER_ENCODING);
    Ok(response.map(Either::Left))
}

fn unreachable_emulator(error: &anyhow::Error) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::from(format!("The emulator does not answer: {error:#}\n"))));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
