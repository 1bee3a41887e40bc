//! With the template's `JwtIssuer` set, requests need a valid token (docs/adr/0007).

use devstack::{BUILT_TEMPLATE, Progress, RunningStack, Tools};
use e2e::Deployment;
use reqwest::{Method, StatusCode};
use serde_json::json;

const TOKENS: [&str; 2] = ["JwtIssuer=https://issuer.example", "JwtAudience=shop"];
const SHOP: &str = "https://shop.example";
/// A well-formed token without a signature.
const FORGED: &str = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJhdWQiOiJzaG9wIn0.";

#[tokio::test]
async fn requests_without_a_valid_token_are_unauthorized() {
    let tools = Tools::install(Progress).await.expect("the tools are there");
    let origins = format!("CorsAllowedOrigins={SHOP}");
    let parameters = [&[&*origins], &TOKENS[..]].concat();
    let running = RunningStack::start(&tools, BUILT_TEMPLATE, &parameters, Progress).await;
    let running = running.expect("the template deploys");
    let shop = Deployment::on(&running).await.expect("a stack");

    for (method, path) in
        [(Method::POST, "/orders"), (Method::GET, "/orders/1"), (Method::GET, "/openapi.json")]
    {
        for token in
            [&[][..], &[("authorization", FORGED)], &[("authorization", "Basic YWRhOmFkYQ==")]]
        {
            let headers = [&[("content-type", "application/json")], token].concat();
            let order = json!({ "customer": "Ada", "amount": "80" }).to_string();
            let answer = shop.request(method.clone(), path, &headers, order).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} {token:?}");
        }
    }
    assert!(shop.rows("OrdersTable").await.is_empty(), "and nothing came of it");

    let preflight = [("origin", SHOP), ("access-control-request-method", "POST")];
    let answer = shop.request(Method::OPTIONS, "/orders", &preflight, "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "a preflight has none to show");
    assert!(
        answer.header("access-control-allow-headers").contains("authorization"),
        "{:?}",
        answer.headers
    );
}
