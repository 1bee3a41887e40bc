//! Middleware for an API with a JWT authorizer (docs/adr/0007). Clients get JSON only, and each
//! caller's idempotency keys are separate. Without an authorizer this middleware does not run.

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

/// Sets `Accept` to JSON and replaces the idempotency key with one that only this caller can send.
pub(crate) async fn scope_to_caller(mut request: Request, next: Next) -> Response {
    let subject = subject(&request);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Invalid keys are rejected later, where the handler reads them.
    if let Ok(Some(key)) = key_of_header(request.headers()) {
        let Some(subject) = subject else { return nobodys_key().into_response() };
        let own =
            HeaderValue::try_from(own_key(&subject, key.as_str())).expect("hexadecimal digits");
        request.headers_mut().insert(IDEMPOTENCY_KEY, own);
    }
    next.run(request).await
}

/// Returns the token's `sub` claim, which is unique per issuer, unless it is missing or empty.
fn subject(request: &Request) -> Option<String> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        return None;
    };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    claims.get("sub").filter(|subject| !subject.is_empty()).cloned()
}

/// Hashes the subject and the key: a subject may be a person's name, and has no maximum length.
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
