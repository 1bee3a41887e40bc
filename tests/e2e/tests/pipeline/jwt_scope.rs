//! The shop with JWT authorisation. API Gateway verifies tokens; these tests cover authorised
//! requests.

use e2e::{Deployment, Function, fixture};
use serde_json::{Value, json};
use uuid::Uuid;

async fn shop() -> Function {
    Deployment::under_test().await.start("orders", &[("JWT_ENABLED", "true")]).await
}

/// An order request of this subject, as API Gateway passes it on.
fn order(subject: &str, key: &str) -> Value {
    let mut event = fixture("orders/place-by-json.json");
    event["headers"]["idempotency-key"] = json!(key);
    event["requestContext"]["authorizer"] =
        json!({ "jwt": { "claims": { "sub": subject }, "scopes": null } });
    event
}

fn status(answer: &Value) -> u64 {
    answer["statusCode"].as_u64().expect("a status")
}

#[tokio::test]
async fn equal_keys_of_two_customers_make_separate_orders() {
    let mut shop = shop().await;
    let key = Uuid::new_v4().to_string();
    let ada = shop.invoke(&order("ada", &key)).await;
    let again = shop.invoke(&order("ada", &key)).await;
    let grace = shop.invoke(&order("grace", &key)).await;
    assert_eq!([&ada, &again, &grace].map(status), [201; 3]);
    assert_eq!(ada["body"], again["body"], "a repetition");
    let id = |answer: &Value| {
        answer["headers"]["location"].as_str().map(ToOwned::to_owned).expect("an address")
    };
    assert_ne!(id(&ada), id(&grace));
    shop.end().await;
}

#[tokio::test]
async fn jwt_scope_serves_json_without_pages_or_forms() {
    let mut shop = shop().await;
    let placed = shop.invoke(&order("ada", &Uuid::new_v4().to_string())).await;
    let get = |path: &str| {
        let mut event = fixture("orders/get-order.json");
        event["rawPath"] = json!(path);
        event["headers"]["accept"] = json!("text/html");
        event
    };
    let invoice =
        format!("{}/invoice", placed["headers"]["location"].as_str().expect("an address"));
    for nothing in ["/", "/assets/0123456789abcdef/style.css", "/nowhere", &invoice] {
        let answer = shop.invoke(&get(nothing)).await;
        assert_eq!(
            (status(&answer), &answer["headers"]["content-type"]),
            (404, &json!("application/problem+json"))
        );
        assert!(
            answer["body"].as_str().is_some_and(|body| body.contains("/problems/not-found")),
            "{nothing}: {answer}"
        );
    }
    let shown =
        shop.invoke(&get(placed["headers"]["location"].as_str().expect("an address"))).await;
    assert_eq!(
        (status(&shown), &shown["headers"]["content-type"]),
        (200, &json!("application/json"))
    );
    assert_eq!(status(&shop.invoke(&get("/openapi.json")).await), 200);

    let form = shop.invoke(&fixture("orders/place-by-form.json")).await;
    assert_eq!(
        (status(&form), &form["headers"]["content-type"]),
        (415, &json!("application/problem+json"))
    );
    shop.end().await;
}
