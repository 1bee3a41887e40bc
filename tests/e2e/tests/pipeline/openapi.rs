//! The API matches its OpenAPI document. `cargo xtask test --all` also fuzzes it with generated
//! requests.

use std::collections::BTreeSet;

use e2e::{Answer, Deployment};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const JSON: &str = "application/json";

async fn document(shop: &Deployment) -> Value {
    let answer = shop.get("/openapi.json", JSON).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, JSON));
    answer.json()
}

/// Asserts that the document describes this response of a method and path, with headers and body.
fn assert_documented(document: &Value, method: &str, path: &str, answer: &Answer) {
    let response = &document["paths"][path][method]["responses"][answer.status.as_str()];
    assert!(!response.is_null(), "{method} {path} is answered {}", answer.status);
    let resolved = |value: &Value| {
        let pointer = value["$ref"].as_str().map(|name| name.trim_start_matches('#').to_owned());
        pointer.map_or(value.clone(), |pointer| {
            document.pointer(&pointer).expect("what is referred to").clone()
        })
    };
    let response = resolved(response);
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let header = resolved(header);
        let value = answer.headers.get(name).map(|value| value.to_str().expect("text"));
        assert!(value.is_some() || header["required"] != true, "{method} {path} has no {name}");
        if let (Some(value), Some(constant)) = (value, header["schema"]["const"].as_str()) {
            assert_eq!(value, constant, "{method} {path} {name}");
        }
    }
    let content_type = answer.header("content-type").split(';').next().unwrap_or_default();
    if answer.body.is_empty() {
        return;
    }
    let content = &response["content"][content_type];
    assert!(!content.is_null(), "{method} {path} is answered {} as {content_type}", answer.status);
    if content_type.ends_with("json") {
        let schema = json!({ "allOf": [content["schema"]], "components": document["components"] });
        let errors = jsonschema::draft202012::new(&schema).expect("a schema");
        let errors: Vec<_> =
            errors.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{method} {path}: {errors:?} in {}", answer.body);
    }
}

#[tokio::test]
async fn order_lifecycle_matches_the_document() {
    let shop = Deployment::under_test().await;
    let document = document(&shop).await;
    let documented = |method, path, answer: &_| assert_documented(&document, method, path, answer);
    let placed = shop.place("Ada Lovelace", "80.00").await;
    documented("post", "/orders", &placed.answer);
    let fulfilled = shop.with_coupon(&placed.id).await;
    let page = format!("/orders/{}", placed.id);
    for accept in [JSON, "text/html"] {
        documented("get", "/orders/{id}", &shop.get(&page, accept).await);
    }
    let code = fulfilled["coupon"]["code"].as_str().expect("a code");
    let discounted = shop.place_with_coupon("Ada Lovelace", "80.00", code).await;
    documented("post", "/orders", &discounted.answer);
    documented("post", "/orders", &shop.place_by_form("Ada", "1").await.answer);
}

#[tokio::test]
async fn error_responses_match_the_document() {
    let shop = Deployment::under_test().await;
    let document = document(&shop).await;
    let bodies =
        ["{", "{}", r#"{"customer": "", "amount": 79.999, "coupon": "X"}"#, &" ".repeat(17_000)];
    for body in bodies {
        for content_type in [JSON, "application/x-www-form-urlencoded", "text/plain"] {
            assert_documented(
                &document,
                "post",
                "/orders",
                &shop.post_order(content_type, body.to_owned()).await,
            );
        }
    }
    for accept in [JSON, "text/html"] {
        assert_documented(
            &document,
            "get",
            "/orders/{id}",
            &shop.get("/orders/none", accept).await,
        );
    }
    let order = json!({ "customer": "Ada", "amount": "80" }).to_string();
    let headers = [("content-type", JSON), ("idempotency-key", "")];
    assert_documented(
        &document,
        "post",
        "/orders",
        &shop.request(Method::POST, "/orders", &headers, order).await,
    );
}

#[tokio::test]
async fn every_path_allows_only_the_documented_methods() {
    let shop = Deployment::under_test().await;
    let document = document(&shop).await;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let documented =
            methods.as_object().expect("methods").keys().map(|name| name.to_uppercase());
        let documented: BTreeSet<_> = documented.collect();
        let allowed = |answer: &Answer| {
            answer.header("allow").split(',').map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let address = path.replace("{id}", "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11");
        let options = shop.request(Method::OPTIONS, &address, &[], "").await;
        assert_eq!((options.status, options.body.as_str()), (StatusCode::NO_CONTENT, ""), "{path}");
        assert_eq!(allowed(&options), documented, "{path}");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "ADA"]
        {
            let answer = shop.request(method.parse().expect("a method"), &address, &[], "").await;
            let refused = answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(refused, !documented.contains(method), "{method} {path}");
            assert!(!refused || allowed(&answer) == documented, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn cors_headers_are_absent_by_default() {
    let shop = Deployment::under_test().await;
    let preflight = [("origin", "https://shop.example"), ("access-control-request-method", "POST")];
    let asked = shop.request(Method::OPTIONS, "/orders", &preflight, "").await;
    let order =
        shop.request(Method::GET, "/orders/none", &[("origin", "https://shop.example")], "").await;
    for answer in [asked, order] {
        assert!(
            !answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")),
            "{:?}",
            answer.headers
        );
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let shop = Deployment::under_test().await;
    let placed = shop.place("Ada", "1").await;
    let page = shop.get("/", "text/html").await.body;
    let style =
        page.split('"').find(|part| part.starts_with("/assets/")).expect("a page has its style");
    for path in
        ["/", &format!("/orders/{}", placed.id), "/orders/none", "/openapi.json", style, "/nothing"]
    {
        for accept in [JSON, "text/html"] {
            let headers = [("accept", accept)];
            let get = shop.request(Method::GET, path, &headers, "").await;
            let head = shop.request(Method::HEAD, path, &headers, "").await;
            assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
            for header in ["content-type", "cache-control", "vary", "etag"] {
                assert_eq!(head.header(header), get.header(header), "{header} of {path}");
            }
        }
    }
}

#[tokio::test]
async fn document_has_an_etag_and_orders_are_not_cached() {
    let shop = Deployment::under_test().await;
    let first = shop.get("/openapi.json", JSON).await;
    let again = shop
        .request(Method::GET, "/openapi.json", &[("if-none-match", first.header("etag"))], "")
        .await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(first.header("cache-control"), "public, max-age=300");
    let placed = shop.place("Ada", "1").await;
    let order = shop.get(&format!("/orders/{}", placed.id), JSON).await;
    for answer in [placed.answer, order, shop.get("/orders/none", JSON).await] {
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}
