//! For an API that lets in only who has a token, which API Gateway looks at (docs/adr/0007):
//! everybody gets JSON, and everybody's idempotency keys are their own. Without tokens nothing of
//! it runs.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::ACCEPT;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};
use crate::request::{IDEMPOTENCY_KEY, key_of_header};

/// Makes of a request what a program sends, with a key that no other caller can send.
pub(crate) async fn scope_to_caller(mut request: Request, next: Next) -> Response {
    let subject = subject(&request);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    // A key that is none is refused where keys are read.
    if let Ok(Some(key)) = key_of_header(request.headers()) {
        let Some(subject) = subject else { return nobodys_key().into_response() };
        let own =
            HeaderValue::try_from(own_key(&subject, key.as_str())).expect("hexadecimal digits");
        request.headers_mut().insert(IDEMPOTENCY_KEY, own);
    }
    next.run(request).await
}

/// Whom the token is about: its `sub`, which no other has of the same issuer.
fn subject(request: &Request) -> Option<String> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        return None;
    };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    claims.get("sub").filter(|subject| !subject.is_empty()).cloned()
}

/// A digest, as a subject is somebody's name and may be as long as it likes.
fn own_key(subject: &str, key: &str) -> String {
    let length = (subject.len() as u64).to_be_bytes();
    hex::encode(
        Sha256::new().chain_update(length).chain_update(subject).chain_update(key).finalize(),
    )
}

fn nobodys_key() -> Problem {
    let detail = "The token has no subject, whose key this would be. Ask without a key, or with a token that has one.";
    Problem::new(Kind::InvalidIdempotencyKey, detail)
}

#[cfg(test)]
mod tests;
