//! Connects the router to Lambda: turns an event into a request, and a response into a response
//! that Lambda can read.
//!
//! `lambda_http` builds a URL from the decoded path, the query and the host. A URL parser gives
//! encoded characters such as `%3F` or `%2e%2e` a second meaning. If the result is not a URL,
//! `lambda_http` panics and the client gets API Gateway's own 500. Therefore this module rewrites
//! the event before `lambda_http` reads it. It also replaces `lambda_http`'s response conversion,
//! which links every character encoding of the web: all responses here are UTF-8 (docs/adr/0002).

use axum::Router;
use axum::body::to_bytes;
use axum::response::Response;
use lambda_http::http::header::HOST;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use lambda_http::tower::util::{MapRequest, MapResponse};
use lambda_http::{Adapter, Body, BoxFuture, IntoResponse, LambdaEvent, Request};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

const SCHEME: &str = "x-forwarded-proto";
/// Replaces every path that no route can match; the router responds with 404.
const NO_ROUTE: &str = "/-";
/// The characters to percent-encode in a query if the client left them as they are.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

type Event = LambdaEvent<LambdaRequest>;
type Utf8Router = MapResponse<Router, fn(Response) -> Utf8Response>;
type LambdaService = MapRequest<Adapter<'static, Utf8Response, Utf8Router>, fn(Event) -> Event>;

/// Returns the service for `lambda_runtime::run`.
pub(crate) fn lambda_service(router: Router) -> LambdaService {
    let router: Utf8Router = ServiceExt::<Request>::map_response(router, Utf8Response);
    ServiceExt::<Event>::map_request(Adapter::from(router), |event| Event {
        payload: without_url_syntax(event.payload),
        ..event
    })
}

/// Rewrites the request so that `lambda_http` builds a URL that means exactly what the client sent.
/// Drops the scheme and host headers, which no handler reads.
fn without_url_syntax(mut request: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(request) = &mut request {
        request.headers.remove(SCHEME);
        request.headers.remove(HOST);
        if !request.raw_path.as_deref().is_some_and(is_plain) {
            request.raw_path = Some(NO_ROUTE.to_owned());
        }
        let query = request.raw_query_string.take();
        request.raw_query_string =
            query.map(|query| utf8_percent_encode(&query, QUERY).to_string());
    }
    request
}

/// Whether a URL parser leaves the path unchanged: letters, digits, `-`, `.`, `_` and `~` between
/// slashes, and no dot segments. Every route has such a path.
fn is_plain(path: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    path.strip_prefix('/').is_some_and(|path| {
        path.split('/')
            .all(|segment| segment != "." && segment != ".." && segment.bytes().all(is_unreserved))
    })
}

/// A response with its body in memory. Lambda gets the body as text, or as base64 if it is not
/// UTF-8.
pub(crate) struct Utf8Response(Response);

impl IntoResponse for Utf8Response {
    fn into_response(self) -> BoxFuture<'static, lambda_http::Response<Body>> {
        let (parts, body) = self.0.into_parts();
        Box::pin(async move {
            let body = to_bytes(body, usize::MAX).await.expect("what is in memory can be read");
            let body = String::from_utf8(body.into())
                .map_or_else(|bytes| bytes.into_bytes().into(), Body::Text);
            lambda_http::Response::from_parts(parts, body)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Returns the request that results from a sample event after `change`.
    fn read(change: impl FnOnce(&mut Value)) -> Request {
        let sample = include_str!("../../../events/orders/place-by-json.json");
        let mut event = serde_json::from_str(sample).unwrap();
        change(&mut event);
        without_url_syntax(serde_json::from_value(event).unwrap()).into()
    }

    #[test]
    fn invalid_scheme_host_or_query_does_not_panic() {
        for scheme in ["https,http", "a b", "", "://"] {
            assert_eq!(
                read(|event| event["headers"][SCHEME] = json!(scheme)).uri().path(),
                "/orders",
                "{scheme}"
            );
        }
        for host in ["shop.example:99999", "a b", "", "[", "@"] {
            assert_eq!(
                read(|event| event["headers"]["host"] = json!(host)).uri().path(),
                "/orders",
                "{host}"
            );
        }
        for query in [" ", "\"<>\\^`{|}", "é", "\u{0}\u{7f}", "%", "%zz", "?#?"] {
            assert_eq!(
                read(|event| event["rawQueryString"] = json!(query)).uri().path(),
                "/orders",
                "{query}"
            );
        }
    }

    const ID: &str = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";

    fn path_of(raw_path: &str) -> String {
        read(|event| event["rawPath"] = json!(raw_path)).uri().path().to_owned()
    }

    #[test]
    fn route_paths_pass_through_unchanged() {
        for path in [
            "/",
            "/orders",
            &format!("/orders/{ID}"),
            &format!("/orders/{ID}/invoice"),
            "/assets/0f/style.css",
        ] {
            assert_eq!(path_of(path), path);
        }
    }

    #[test]
    fn alternative_path_spellings_have_no_route() {
        for path in [
            &format!("/orders/{ID}?x"),
            &format!("/orders/{ID}#x"),
            &format!("/ord\ters/{ID}"),
            &format!("/orders/{ID}\n"),
            &format!("/nowhere/../orders/{ID}"),
            &format!("/./orders/{ID}"),
            &format!("/nowhere/%2e%2E/orders/{ID}"),
            &format!("\\orders\\{ID}"),
            &format!("/orders\\{ID}"),
            // Encoded twice: API Gateway decodes it once, and the router must not decode it again.
            &format!("/orders/%36{}", &ID[1..]),
            "/orders?x",
            "/orders%3Fx",
            "/orders\0",
            " /orders",
            "/orders ",
            "orders",
            "@shop.example/orders",
            ":99999/orders",
            "/é",
            "",
        ] {
            assert_eq!(path_of(path), NO_ROUTE, "{path:?}");
        }
    }

    /// Paths of routes with inserted pieces that are special to a URL parser.
    fn any_path() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            proptest::sample::select(vec![
                "/",
                "orders",
                ID,
                "invoice",
                "assets",
                "openapi.json",
                ".",
                "..",
                "%2e",
                "%2F",
                "%3f",
                "?",
                "#",
                "\t",
                "\r\n",
                "\\",
                "\0",
                "@",
                ":",
                "//",
                "%",
                ";",
                "[",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
            ".{0,3}",
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn router_sees_the_raw_path_or_has_no_route(rest in any_path(), slash: bool) {
            let raw = format!("{}{rest}", if slash { "/" } else { "" });
            let seen = path_of(&raw);
            prop_assert!(seen == raw || seen == NO_ROUTE, "{:?} became {:?}", raw, seen);
        }
    }

    #[test]
    fn encoded_query_is_unchanged() {
        for query in ["coupon=ABCD-EFGH-JKLM", "coupon=%20abcd+efgh%2Djklm&x=%C3%A9"] {
            assert_eq!(
                read(|event| event["rawQueryString"] = json!(query)).uri().query(),
                Some(query)
            );
        }
    }

    #[tokio::test]
    async fn utf8_body_is_text_and_other_bytes_are_binary() {
        for (body, expected) in [
            ("<p>Ada ❤</p>".as_bytes(), Body::Text("<p>Ada ❤</p>".to_owned())),
            (b"", Body::Text(String::new())),
            (b"\x89PNG", Body::Binary(b"\x89PNG".to_vec())),
        ] {
            assert_eq!(
                Utf8Response(Response::new(body.into())).into_response().await.body(),
                &expected
            );
        }
    }
}
