//! An answer as Lambda takes it: text, or else base64. What `lambda_http` does with a response brings every encoding of
//! the web into the binary, and all that is answered here is UTF-8 (docs/adr/0014).

use axum::Router;
use axum::body::to_bytes;
use axum::response::Response;
use lambda_http::tower::ServiceExt;
use lambda_http::tower::util::MapResponse;
use lambda_http::{Body, BoxFuture, IntoResponse, Request};

/// A response whose body is in memory.
pub(crate) struct Answer(Response);

pub(crate) type Answering = MapResponse<Router, fn(Response) -> Answer>;

/// A router that answers so.
pub(crate) fn answering(router: Router) -> Answering {
    ServiceExt::<Request>::map_response(router, Answer)
}

impl IntoResponse for Answer {
    fn into_response(self) -> BoxFuture<'static, lambda_http::Response<Body>> {
        let (parts, body) = self.0.into_parts();
        Box::pin(async move {
            let body = to_bytes(body, usize::MAX).await.expect("what is in memory can be read");
            let body = String::from_utf8(body.into()).map_or_else(|bytes| bytes.into_bytes().into(), Body::Text);
            lambda_http::Response::from_parts(parts, body)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn text_stays_text_and_everything_else_goes_as_it_is() {
        for (body, expected) in [
            ("<p>Ada ❤</p>".as_bytes(), Body::Text("<p>Ada ❤</p>".to_owned())),
            (b"", Body::Text(String::new())),
            (b"\x89PNG", Body::Binary(b"\x89PNG".to_vec())),
        ] {
            assert_eq!(Answer(Response::new(body.into())).into_response().await.body(), &expected);
        }
    }
}
