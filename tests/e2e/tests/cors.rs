//! Other origins may call the API from a browser only if the template's `CorsAllowedOrigins` lists
//! them.

use devstack::{BUILT_TEMPLATE, Progress, RunningStack, Tools};
use e2e::{Answer, Deployment, repeated};
use reqwest::{Method, StatusCode};
use uuid::Uuid;

const FRIEND: &str = "https://shop.example";
const OTHER_FRIEND: &str = "https://www.shop.example";
const STRANGER: &str = "https://shop.example.evil.example";
const ALLOWED: &str = "CorsAllowedOrigins=https://shop.example,https://www.shop.example";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

async fn preflight(shop: &Deployment, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,idempotency-key"),
    ];
    shop.request(Method::OPTIONS, "/orders", &headers, "").await
}

fn lists(answer: &Answer, header: &str, value: &str) -> bool {
    answer.header(header).split(',').any(|listed| listed.trim().eq_ignore_ascii_case(value))
}

#[tokio::test]
async fn only_allowed_origins_may_order() {
    let tools = Tools::install(Progress).await.expect("the tools are there");
    let running = RunningStack::start(&tools, BUILT_TEMPLATE, &[ALLOWED], Progress).await;
    let running = running.expect("the template deploys");
    let shop = Deployment::on(&running).await.expect("a stack");

    for origin in [FRIEND, OTHER_FRIEND] {
        let answer = preflight(&shop, origin).await;
        assert_eq!((answer.status, answer.header(ALLOW_ORIGIN)), (StatusCode::NO_CONTENT, origin));
        assert!(lists(&answer, "access-control-allow-methods", "POST"), "{:?}", answer.headers);
        for header in ["content-type", "idempotency-key", "traceparent"] {
            assert!(lists(&answer, "access-control-allow-headers", header), "{:?}", answer.headers);
        }
    }
    assert_eq!(preflight(&shop, STRANGER).await.header(ALLOW_ORIGIN), "");

    let order = |origin| {
        let shop = &shop;
        async move {
            let key = Uuid::new_v4().to_string();
            let headers = [
                ("origin", origin),
                ("content-type", "application/json"),
                ("idempotency-key", &*key),
            ];
            let body = r#"{"customer": "Ada", "amount": "80"}"#;
            repeated(async || shop.request(Method::POST, "/orders", &headers, body).await).await
        }
    };
    let placed = order(FRIEND).await;
    assert_eq!((placed.status, placed.header(ALLOW_ORIGIN)), (StatusCode::CREATED, FRIEND));
    assert!(lists(&placed, "access-control-expose-headers", "location"), "{:?}", placed.headers);
    // The request succeeds; the browser withholds the response from a page of another origin.
    assert_eq!(order(STRANGER).await.header(ALLOW_ORIGIN), "");
    let page = shop.get("/", "text/html").await;
    assert_eq!(
        (page.status, page.header(ALLOW_ORIGIN)),
        (StatusCode::OK, ""),
        "the shop's own page needs none"
    );
}
