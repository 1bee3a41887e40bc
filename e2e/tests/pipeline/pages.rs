//! The pages, as a browser gets them.

use e2e::Deployment;
use reqwest::{Method, StatusCode};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn the_form_is_prefilled_and_not_kept() {
    let shop = Deployment::under_test().await;
    let form = shop.get("/", BROWSER).await;
    assert_eq!((form.status, form.header("cache-control")), (StatusCode::OK, "no-store"));
    let value = |field: &str| {
        let (_, rest) = form.body.split_once(&format!("name=\"{field}\" value=\"")).expect("the form has the field");
        rest.split_once('"').expect("the value ends").0.to_owned()
    };
    let placed = shop.place_by_form(&value("customer"), &value("amount")).await;
    assert_eq!(shop.order(&placed.id).await["amount"], value("amount"));
}

#[tokio::test]
async fn a_name_full_of_html_comes_back_escaped() {
    let shop = Deployment::under_test().await;
    let name = r#"<script>alert("1")</script> & 'Co'"#;
    let placed = shop.place_by_form(name, "81.50").await;
    assert_eq!(shop.order(&placed.id).await["customer"], name);
    let page = shop.get(&format!("/orders/{}", placed.id), BROWSER).await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert!(
        page.body.contains("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; &#38; &#39;Co&#39;"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_order_page_shows_the_parcel_and_the_coupon() {
    let shop = Deployment::under_test().await;
    let placed = shop.place_by_form("Ada Lovelace", "80").await;
    shop.fulfilled(&placed.id).await;
    let order = shop.with_coupon(&placed.id).await;
    let page = shop.get(&format!("/orders/{}", placed.id), BROWSER).await.body;
    for shown in [&order["shipment"]["tracking_number"], &order["total"]] {
        assert!(page.contains(shown.as_str().expect("a string")), "{shown} is not on {page}");
    }
    let code = order["coupon"]["code"].as_str().expect("a code");
    let grouped = format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..]);
    assert!(page.contains(&grouped), "{grouped} is not on {page}");
}

#[tokio::test]
async fn the_pages_bring_what_they_name() {
    let shop = Deployment::under_test().await;
    for (path, content_type) in [("/assets/style.css", "text/css"), ("/assets/order.js", "text/javascript")] {
        let asset = shop.get(path, "*/*").await;
        assert_eq!(asset.status, StatusCode::OK, "{path}");
        assert!(asset.header("content-type").starts_with(content_type), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_as_the_client_likes_it() {
    let shop = Deployment::under_test().await;
    for path in
        ["/orders/6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11", "/orders/nonsense", "/orders/%FF", "/nothing", "/assets/x"]
    {
        let page = shop.get(path, BROWSER).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8"),
            "{path}"
        );
        let problem = shop.get(path, "application/json").await;
        assert_eq!(problem.header("content-type"), "application/problem+json", "{path}");
        assert_eq!((problem.status, &problem.json()["status"]), (StatusCode::NOT_FOUND, &404.into()), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_405_and_says_which_are_allowed() {
    let shop = Deployment::under_test().await;
    for (method, path, allowed) in
        [(Method::DELETE, "/orders", "POST"), (Method::POST, "/", "GET,HEAD"), (Method::GET, "/orders", "POST")]
    {
        let answer = shop.request(method, path, &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, allowed), "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let shop = Deployment::under_test().await;
    let answer = shop.request(Method::HEAD, "/", &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
}
