//! A request as API Gateway hands it over, put so that `lambda_http` can read it. That makes an address of what a client
//! wrote and panics where it is none, before anything of ours is called: the client would get API Gateway's own 500.

use axum::Router;
use lambda_http::http::header::HOST;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use lambda_http::tower::util::MapRequest;
use lambda_http::{Adapter, LambdaEvent};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::answer::{Answer, Answering, answering};

const SCHEME: &str = "x-forwarded-proto";
/// What a query has percent-encoded, if the client does not leave it as it is.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

type Event = LambdaEvent<LambdaRequest>;

/// The router as Lambda calls it.
pub(crate) fn arriving(router: Router) -> MapRequest<Adapter<'static, Answer, Answering>, fn(Event) -> Event> {
    let handler = Adapter::from(answering(router));
    ServiceExt::<Event>::map_request(handler, |event| Event { payload: readable(event.payload), ..event })
}

/// Nothing here asks for the scheme or the host that a client named; API Gateway's own name is among the rest.
fn readable(mut request: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(request) = &mut request {
        request.headers.remove(SCHEME);
        request.headers.remove(HOST);
        let query = request.raw_query_string.take();
        request.raw_query_string = query.map(|query| utf8_percent_encode(&query, QUERY).to_string());
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::Request;
    use serde_json::{Value, json};

    /// What becomes of an event in which a client has a hand.
    fn read(change: impl FnOnce(&mut Value)) -> Request {
        let sample = include_str!("../../../events/orders/place-by-json.json");
        let mut event = serde_json::from_str(sample).unwrap();
        change(&mut event);
        readable(serde_json::from_value(event).unwrap()).into()
    }

    #[test]
    fn what_makes_no_address_is_no_panic() {
        for scheme in ["https,http", "a b", "", "://"] {
            assert_eq!(read(|event| event["headers"][SCHEME] = json!(scheme)).uri().path(), "/orders", "{scheme}");
        }
        for host in ["shop.example:99999", "a b", "", "[", "@"] {
            assert_eq!(read(|event| event["headers"]["host"] = json!(host)).uri().path(), "/orders", "{host}");
        }
        for query in [" ", "\"<>\\^`{|}", "é", "\u{0}\u{7f}", "%", "%zz", "?#?"] {
            assert_eq!(read(|event| event["rawQueryString"] = json!(query)).uri().path(), "/orders", "{query}");
        }
        for path in ["/orders", "//orders", "/é <>\"%zz", "/a?b#c", "/\r\n", "/..", "/\\"] {
            assert!(read(|event| event["rawPath"] = json!(path)).uri().path().starts_with('/'), "{path}");
        }
    }

    #[test]
    fn what_is_encoded_already_stays_as_it_is() {
        for query in ["coupon=ABCD-EFGH-JKLM", "coupon=%20abcd+efgh%2Djklm&x=%C3%A9"] {
            assert_eq!(read(|event| event["rawQueryString"] = json!(query)).uri().query(), Some(query));
        }
    }
}
