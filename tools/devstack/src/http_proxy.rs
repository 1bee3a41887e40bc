//! The shop's address on this machine: a proxy that forwards its port to the HTTP API in the
//! emulator, and to nothing else in it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::Stack;

/// A running proxy. It stops when this is dropped.
#[derive(Debug)]
pub struct HttpProxy {
    url: String,
    accepting: JoinHandle<()>,
    answers: Answers,
}

/// How many responses had which status.
type Answers = Arc<Mutex<BTreeMap<u16, u64>>>;

const UNPOISONED: &str = "nobody panics while counting";

type Body = Either<Incoming, Full<Bytes>>;

impl HttpProxy {
    /// Starts the proxy on a loopback port.
    pub async fn open(stack: &Stack, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.with_context(|| format!("port {port} is taken"))?;
        let port = listener.local_addr()?.port();
        let answers = Answers::default();
        let way = Way {
            answers: Arc::clone(&answers),
            client: Client::builder(TokioExecutor::new()).build_http(),
            host: HeaderValue::from_str(stack.endpoint.trim_start_matches("http://"))?,
            api: format!(
                "{}/_aws/execute-api/{}/$default",
                stack.endpoint,
                stack.outputs.api_id()?
            ),
        };
        Ok(Self {
            url: format!("http://localhost:{port}"),
            accepting: tokio::spawn(accept(listener, way)),
            answers,
        })
    }

    /// The shop's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many responses had which status so far.
    #[must_use]
    pub fn answers(&self) -> BTreeMap<u16, u64> {
        self.answers.lock().expect(UNPOISONED).clone()
    }
}

impl Drop for HttpProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

#[derive(Clone)]
struct Way {
    client: Client<HttpConnector, Incoming>,
    host: HeaderValue,
    /// The path prefix under which the emulator serves the API. The emulator does not resolve dot
    /// segments, so a path with this prefix cannot reach anything else in it.
    api: String,
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
            let response =
                forward(request, &way).await.unwrap_or_else(|error| unreachable_emulator(&error));
            *way.answers
                .lock()
                .expect(UNPOISONED)
                .entry(response.status().as_u16())
                .or_default() += 1;
            Ok::<_, Infallible>(response)
        }
    });
    // A client may disconnect at any time.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), forward).await;
}

async fn forward(mut request: Request<Incoming>, way: &Way) -> Result<Response<Body>> {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    // `*` and the target of CONNECT are not paths. The client would send a CONNECT to the emulator
    // itself.
    if !path.starts_with('/') || request.method() == Method::CONNECT {
        return Ok(answer(
            StatusCode::BAD_REQUEST,
            "Only paths can be requested here.\n".to_owned(),
        ));
    }
    *request.uri_mut() = format!("{}{path}", way.api).parse()?;
    remove_hop_by_hop(request.headers_mut());
    request.headers_mut().insert(HOST, way.host.clone());
    let mut response = way.client.request(request).await?;
    remove_hop_by_hop(response.headers_mut());
    Ok(response.map(Either::Left))
}

/// Hop-by-hop headers, which are not forwarded: these, and those that `Connection` names
/// (<https://www.rfc-editor.org/rfc/rfc9110.html#section-7.6.1>).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    let named = lines.flat_map(|line| line.split(',')).filter_map(|name| name.trim().parse().ok());
    let named: Vec<HeaderName> = named.collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn unreachable_emulator(error: &anyhow::Error) -> Response<Body> {
    answer(StatusCode::BAD_GATEWAY, format!("The emulator does not answer: {error:#}\n"))
}

fn answer(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::from(text)));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::Outputs;

    /// Sends a raw request, and returns what the emulator and what the client received.
    async fn exchange(request: &str, answer: &str) -> (String, String) {
        let emulator = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let outputs = r#"[{ "OutputKey": "ShopUrl", "OutputValue": "https://0123abcd.execute-api.us-east-1.amazonaws.com" }]"#;
        let endpoint = format!("http://{}", emulator.local_addr().unwrap());
        let stack = Stack { endpoint, outputs: Outputs::from_sam(outputs).unwrap() };
        let proxy = HttpProxy::open(&stack, 0).await.unwrap();
        let mut client =
            TcpStream::connect(proxy.url().trim_start_matches("http://")).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let received = async {
            let (mut connection, _) = emulator.accept().await.unwrap();
            let received = read_head(&mut connection).await;
            connection.write_all(answer.as_bytes()).await.unwrap();
            received
        };
        // The client may get its response without the emulator.
        tokio::select! {
            biased;
            received = received => (received, read_head(&mut client).await),
            answered = read_head(&mut client) => (String::new(), answered),
        }
    }

    async fn read_head(connection: &mut TcpStream) -> String {
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            head.push(connection.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap().to_lowercase()
    }

    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    #[tokio::test]
    async fn every_path_is_prefixed_with_the_api() {
        for path in [
            "/",
            "/orders?x=1",
            "/_ministack/health",
            "/%5Fministack/health",
            "/restapis/x",
            "/../../health",
        ] {
            let (received, _) =
                exchange(&format!("GET {path} HTTP/1.1\r\nHost: any\r\n\r\n"), OK).await;
            let expected = format!(
                "get /_aws/execute-api/0123abcd/$default{} http/1.1\r\n",
                path.to_lowercase()
            );
            assert!(received.starts_with(&expected), "{path}: {received}");
            assert!(
                !received.contains("any"),
                "the emulator chooses a service by the host: {received}"
            );
        }
        let (received, _) =
            exchange("GET http://127.0.0.1/_ministack/health HTTP/1.1\r\nHost: any\r\n\r\n", OK)
                .await;
        assert!(
            received.starts_with("get /_aws/execute-api/0123abcd/$default/_ministack/health "),
            "{received}"
        );
        for no_path in ["OPTIONS *", "CONNECT 127.0.0.1:80", "CONNECT /orders"] {
            let (received, answered) =
                exchange(&format!("{no_path} HTTP/1.1\r\nHost: any\r\n\r\n"), OK).await;
            assert!(
                received.is_empty() && answered.starts_with("http/1.1 400"),
                "{no_path}: {received}{answered}"
            );
        }
    }

    #[tokio::test]
    async fn hop_by_hop_headers_are_dropped_both_ways() {
        let request = "GET / HTTP/1.1\r\nHost: any\r\nConnection: Upgrade, HTTP2-Settings, X-Mine\r\nUpgrade: h2c\r\n\
            HTTP2-Settings: AAMAAABk\r\nX-Mine: 1\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\nX-Kept: 1\r\n\r\n";
        let answer = "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Theirs\r\nX-Theirs: 1\r\nKeep-Alive: timeout=5\r\n\
            X-Kept: 1\r\nContent-Length: 0\r\n\r\n";
        let (received, answered) = exchange(request, answer).await;
        for dropped in ["upgrade", "http2-settings", "x-mine", "te:", "keep-alive"] {
            assert!(!received.contains(dropped), "{dropped}: {received}");
        }
        for dropped in ["x-theirs", "keep-alive"] {
            assert!(!answered.contains(dropped), "{dropped}: {answered}");
        }
        assert!(
            received.contains("x-kept: 1") && answered.contains("x-kept: 1"),
            "{received}{answered}"
        );
        assert!(answered.starts_with("http/1.1 200"), "{answered}");
    }
}
