//! Plain HTTP to loopback, for the few calls this crate makes itself.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A client for loopback.
pub(crate) type HttpClient = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// The status of a GET, or `None` without a response.
pub(crate) async fn status(client: &HttpClient, url: &str) -> Option<StatusCode> {
    let response = client.get(url.parse().ok()?).await.ok()?;
    Some(response.status())
}

/// A page on loopback, as text.
pub async fn page(url: &str) -> Result<String> {
    let answer = client().get(url.parse()?).await?;
    ensure!(answer.status().is_success(), "{url} answered {}", answer.status());
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.into())?)
}

/// Sends a GET and parses the JSON response.
pub(crate) async fn get_json(client: &HttpClient, url: &str) -> Result<Value> {
    call(client, Request::get(url).body(Full::default())?).await
}

/// Sends a POST of JSON and parses the JSON response.
pub(crate) async fn post_json(client: &HttpClient, url: &str, body: &Value) -> Result<Value> {
    let request = Request::post(url).header(CONTENT_TYPE, "application/json");
    call(client, request.body(Full::from(serde_json::to_vec(body)?))?).await
}

/// Calls an AWS API that speaks JSON. `target` names the service and the operation.
pub(crate) async fn call_aws(
    client: &HttpClient,
    endpoint: &str,
    target: &str,
    body: &Value,
) -> Result<Value> {
    let request = Request::post(endpoint)
        .header(CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", target);
    call(client, request.body(Full::from(serde_json::to_vec(body)?))?).await
}

async fn call(client: &HttpClient, request: Request<Full<Bytes>>) -> Result<Value> {
    let url = request.uri().clone();
    let answer = client.request(request).await.with_context(|| format!("{url} does not answer"))?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "{url} answered {status}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).with_context(|| format!("{url} did not answer with JSON"))
}
