//! A stub of DynamoDB and SNS over TLS on loopback. It answers only the functions' known requests.
//! Any other request gets a 500 and is recorded, so that a failing function cannot look fast.

mod certificates;
mod dynamodb;
mod sns;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use certificates::Chain;

pub(crate) use dynamodb::{PENDING, TABLE_WITH_PENDING_ORDERS};

/// How often each operation was called.
pub(crate) type Calls = BTreeMap<String, u64>;

/// A running stub. It stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Stub {
    port: u16,
    folder: TempDir,
    seen: Arc<Mutex<Seen>>,
    accepting: JoinHandle<()>,
}

/// How long each service takes to respond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delays {
    pub(crate) dynamodb_ms: u32,
    pub(crate) sns_ms: u32,
}

impl Display for Delays {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.dynamodb_ms, self.sns_ms)
    }
}

impl FromStr for Delays {
    type Err = &'static str;

    /// Parses `5/15`: DynamoDB's and SNS's milliseconds.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = |ms: &str| ms.parse().ok();
        let (dynamodb, sns) = text.split_once('/').ok_or(NOT_DELAYS)?;
        let (dynamodb_ms, sns_ms) = parse(dynamodb).zip(parse(sns)).ok_or(NOT_DELAYS)?;
        Ok(Self { dynamodb_ms, sns_ms })
    }
}

const NOT_DELAYS: &str = "expected the milliseconds of DynamoDB and of SNS, such as 5/15";

#[derive(Debug, Default)]
struct Seen {
    delays: Delays,
    calls: Calls,
    /// TLS handshakes in progress.
    handshakes: usize,
    unexpected: Vec<String>,
}

const UNPOISONED: &str = "nobody panics while holding it";
const POLL_INTERVAL: Duration = Duration::from_micros(200);
const ROOTS: &str = "roots.pem";

impl Stub {
    /// Starts the stub on a free loopback port. It responds at once.
    pub(crate) async fn start() -> Result<Self> {
        let chain = Chain::make()?;
        let folder = tempfile::Builder::new().prefix("order-fanout-bench-").tempdir()?;
        fs::write(folder.path().join(ROOTS), &chain.roots)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let seen = Arc::<Mutex<Seen>>::default();
        let accepting =
            tokio::spawn(accept(listener, TlsAcceptor::from(chain.server), Arc::clone(&seen)));
        Ok(Self { port, folder, seen, accepting })
    }

    /// Makes each later response take at least this long, as a remote service's does.
    pub(crate) fn set_delays(&self, delays: Delays) {
        self.seen.lock().expect(UNPOISONED).delays = delays;
    }

    /// Its URL, for every service.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The PEM file with its root certificates.
    pub(crate) fn roots(&self) -> String {
        self.folder.path().join(ROOTS).display().to_string()
    }

    /// A folder for this run. It is deleted with the stub.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until no handshake is in progress.
    pub(crate) async fn settled(&self) {
        while self.seen.lock().expect(UNPOISONED).handshakes > 0 {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The calls since this was last called, or an error if any was unexpected.
    pub(crate) fn take_calls(&self) -> Result<Calls> {
        let mut seen = self.seen.lock().expect(UNPOISONED);
        let (calls, unexpected) =
            (std::mem::take(&mut seen.calls), std::mem::take(&mut seen.unexpected));
        ensure!(
            unexpected.is_empty(),
            "the stub of AWS was asked what it does not expect: {unexpected:#?}"
        );
        Ok(calls)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, seen: Arc<Mutex<Seen>>) {
    loop {
        let Ok((connection, _)) = listener.accept().await else { continue };
        tokio::spawn(serve(connection, tls.clone(), Arc::clone(&seen)));
    }
}

async fn serve(connection: TcpStream, tls: TlsAcceptor, seen: Arc<Mutex<Seen>>) {
    let _ = connection.set_nodelay(true);
    seen.lock().expect(UNPOISONED).handshakes += 1;
    let accepted = tls.accept(connection).await;
    seen.lock().expect(UNPOISONED).handshakes -= 1;
    let connection = match accepted {
        Ok(connection) => connection,
        // A function that is killed, or no longer needs the connection, breaks off; one that does
        // not trust the stub sends an alert.
        Err(error)
            if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) =>
        {
            return;
        }
        Err(error) => {
            return seen
                .lock()
                .expect(UNPOISONED)
                .unexpected
                .push(format!("a handshake failed: {error}"));
        }
    };
    let answer = service_fn(move |request| {
        let seen = Arc::clone(&seen);
        async move { Ok::<_, Infallible>(answer(request, &seen).await) }
    });
    // A killed function leaves its connections open.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), answer).await;
}

/// A response in preparation.
struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
}

async fn answer(request: Request<Incoming>, seen: &Mutex<Seen>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let Delays { dynamodb_ms, sns_ms } = seen.lock().expect(UNPOISONED).delays;
    let is_dynamodb = parts.headers.contains_key(TARGET);
    let delay_ms = if is_dynamodb { dynamodb_ms } else { sns_ms };
    let delay = Duration::from_millis(delay_ms.into());
    let answer = match reply(&parts.headers, &body) {
        Ok((operation, answer)) => {
            *seen.lock().expect(UNPOISONED).calls.entry(operation).or_default() += 1;
            answer
        }
        Err(error) => {
            let request = String::from_utf8_lossy(&body).into_owned();
            seen.lock().expect(UNPOISONED).unexpected.push(format!("{error:#}: {request}"));
            Answer { status: 500, content_type: "text/plain", body: format!("{error:#}") }
        }
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, answer.content_type)
        .header("server", "Server")
        .header("x-amzn-requestid", "8F6TJ0KQVR6TDPCA2E9N4MTGTNVV4KQNSO5AEMVJF66Q9ASUAAJG")
        .header("x-amz-crc32", crc32fast::hash(answer.body.as_bytes()))
        .body(Full::from(answer.body))
        .expect("these headers are valid")
}

/// The header that names an operation of DynamoDB. SNS has it in the body.
const TARGET: &str = "x-amz-target";

fn reply(headers: &HeaderMap, body: &[u8]) -> Result<(String, Answer)> {
    let signed = headers
        .get(AUTHORIZATION)
        .is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "));
    ensure!(signed && headers.contains_key("x-amz-security-token"), "a request that is not signed");
    let target = headers.get(TARGET).map(HeaderValue::to_str).transpose()?;
    if let Some(target) = target {
        let operation = target
            .strip_prefix("DynamoDB_20120810.")
            .with_context(|| format!("{target} is asked"))?;
        let body = dynamodb::answer(operation, &serde_json::from_slice(body)?)?.to_string();
        let content_type = "application/x-amz-json-1.0";
        return Ok((operation.to_owned(), Answer { status: 200, content_type, body }));
    }
    let form = form_urlencoded::parse(body).into_owned().collect();
    let (status, body) = sns::answer(&form)?;
    Ok((form["Action"].clone(), Answer { status, content_type: "text/xml", body }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;

    /// Sends a request over TLS, trusting the stub's roots, and returns the response.
    async fn asked(stub: &Stub, headers: &str, body: &str) -> String {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(stub.roots()).unwrap() {
            roots.add(root.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let tls =
            TlsConnector::from(Arc::new(tls.with_root_certificates(roots).with_no_client_auth()));
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, stub.port)).await.unwrap();
        let mut connection =
            tls.connect(ServerName::try_from("localhost").unwrap(), connection).await.unwrap();
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        connection.write_all((head + body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const SIGNED: &str =
        "authorization: AWS4-HMAC-SHA256 Credential=A\r\nx-amz-security-token: T\r\n";
    const PUT: &str = r#"{"TableName": "orders", "Item": {"id": {"S": "1"}}}"#;

    #[tokio::test]
    async fn expected_calls_are_answered_and_counted() {
        let stub = Stub::start().await.unwrap();
        let headers = format!("{SIGNED}x-amz-target: DynamoDB_20120810.PutItem\r\n");
        assert!(asked(&stub, &headers, PUT).await.starts_with("HTTP/1.1 200 "));
        assert_eq!(stub.take_calls().unwrap(), Calls::from([("PutItem".to_owned(), 1)]));
        assert!(stub.take_calls().unwrap().is_empty());
    }

    #[tokio::test]
    async fn each_service_has_its_delay() {
        let stub = Stub::start().await.unwrap();
        stub.set_delays("0/200".parse().unwrap());
        let put = format!("{SIGNED}x-amz-target: DynamoDB_20120810.PutItem\r\n");
        let start = Instant::now();
        asked(&stub, &put, PUT).await;
        let dynamodb = start.elapsed();
        let start = Instant::now();
        asked(&stub, SIGNED, "Action=Publish").await;
        let sns = start.elapsed();
        let delay = Duration::from_millis(200);
        assert!(dynamodb < delay && sns >= delay, "{dynamodb:?}, {sns:?}");
    }

    #[test]
    fn delays_are_two_numbers() {
        assert_eq!("5/15".parse(), Ok(Delays { dynamodb_ms: 5, sns_ms: 15 }));
        for text in ["", "5", "5/", "5/15/1", "-1/2", "a/b"] {
            assert_eq!(text.parse::<Delays>(), Err(NOT_DELAYS), "{text}");
        }
    }

    #[tokio::test]
    async fn unexpected_calls_get_500_and_are_reported() {
        let stub = Stub::start().await.unwrap();
        for (headers, body) in [
            (format!("{SIGNED}x-amz-target: DynamoDB_20120810.Scan\r\n"), "{}"),
            ("x-amz-target: DynamoDB_20120810.PutItem\r\n".to_owned(), PUT),
        ] {
            assert!(asked(&stub, &headers, body).await.starts_with("HTTP/1.1 500 "));
            stub.take_calls().unwrap_err();
        }
    }
}
