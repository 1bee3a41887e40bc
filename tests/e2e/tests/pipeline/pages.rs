//! The pages, as a browser gets them.

use e2e::Deployment;
use reqwest::{Method, StatusCode};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn form_is_prefilled_and_not_cached() {
    let shop = Deployment::under_test().await;
    let form = shop.get("/", BROWSER).await;
    assert_eq!((form.status, form.header("cache-control")), (StatusCode::OK, "no-store"));
    let value = |field: &str| {
        let (_, rest) = form
            .body
            .split_once(&format!("name=\"{field}\" value=\""))
            .expect("the form has the field");
        rest.split_once('"').expect("the value ends").0.to_owned()
    };
    let placed = shop.place_by_form(&value("customer"), &value("amount")).await;
    assert_eq!(shop.order(&placed.id).await["amount"], value("amount"));
}

#[tokio::test]
async fn html_in_a_name_is_escaped() {
    let shop = Deployment::under_test().await;
    let name = r#"<script>alert("1")</script> & 'Co'"#;
    let placed = shop.place_by_form(name, "81.50").await;
    assert_eq!(shop.order(&placed.id).await["customer"], name);
    let page = shop.get(&format!("/orders/{}", placed.id), BROWSER).await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert!(
        page.body
            .contains("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; &#38; &#39;Co&#39;"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn order_page_shows_shipment_and_coupon() {
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
async fn page_promises_a_coupon_from_80_and_stops_polling() {
    let shop = Deployment::under_test().await;
    for (amount, promised) in [("80.00", true), ("79.99", false)] {
        let placed = shop.place_by_form("Ada Lovelace", amount).await;
        let path = format!("/orders/{}", placed.id);
        let page = shop.get(&path, BROWSER).await.body;
        assert_eq!(page.contains("Coupon earned"), promised, "{page}");
        shop.fulfilled(&placed.id).await;
        if promised {
            shop.with_coupon(&placed.id).await;
        }
        let page = shop.get(&path, BROWSER).await.body;
        assert!(!page.contains("<script") && !page.contains("http-equiv=\"refresh\""), "{page}");
    }
}

#[tokio::test]
async fn link_prefills_the_coupon() {
    let shop = Deployment::under_test().await;
    let form = shop.get("/?coupon=abcdefghjklm", BROWSER).await;
    assert!(form.body.contains("name=\"coupon\" value=\"ABCD-EFGH-JKLM\""), "{}", form.body);
    let form = shop.get("/?coupon=call+this+number", BROWSER).await;
    assert!(form.body.contains("name=\"coupon\" value=\"\""), "{}", form.body);
}

#[tokio::test]
async fn oversized_form_is_shown_again_with_the_reason() {
    let shop = Deployment::under_test().await;
    let body = format!("customer={}&amount=80", "x".repeat(17 * 1024));
    let again = shop.post_order("application/x-www-form-urlencoded", body).await;
    assert_eq!(again.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        again.body.contains("<form") && again.body.contains("An order is at most 16 KiB."),
        "{}",
        again.body
    );
}

#[tokio::test]
async fn page_assets_are_served_and_cacheable() {
    let shop = Deployment::under_test().await;
    // No subscriber has received the order, so its page polls, which includes the script.
    let id = shop.put_order("80.00", "2026-11-22T10:00:00Z").await;
    let page = shop.get(&format!("/orders/{id}"), BROWSER).await.body;
    shop.delete_row("OrdersTable", "id", &id).await;
    for (name, content_type) in
        [("style.css", "text/css"), ("order.js", "text/javascript"), ("icon.svg", "image/svg+xml")]
    {
        let named =
            page.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(name));
        let asset =
            shop.get(named.unwrap_or_else(|| panic!("{name} is not on {page}")), "*/*").await;
        assert_eq!(asset.status, StatusCode::OK, "{name}");
        assert!(asset.header("content-type").starts_with(content_type), "{name}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable", "{name}");
        let of_another_version = shop.get(&format!("/assets/0123456789abcdef/{name}"), "*/*").await;
        assert_eq!(
            (of_another_version.status, of_another_version.header("cache-control")),
            (StatusCode::OK, "no-store")
        );
    }
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let shop = Deployment::under_test().await;
    let json = shop.place("Ada", "10.00").await.answer;
    let id = json.json()["id"].as_str().expect("an id").to_owned();
    let answers = [
        json,
        shop.place_by_form("Ada", "10.00").await.answer,
        shop.get("/", BROWSER).await,
        shop.get(&format!("/orders/{id}"), BROWSER).await,
        shop.get(&format!("/orders/{id}"), "application/json").await,
        shop.get("/assets/0123456789abcdef/style.css", "*/*").await,
        shop.get("/nothing", BROWSER).await,
        shop.get("/nothing", "application/json").await,
        shop.request(Method::DELETE, "/orders", &[], "").await,
        shop.post_order("application/json", "{").await,
        shop.post_order("application/x-www-form-urlencoded", "customer=Ada&amount=abc").await,
    ];
    for answer in answers {
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                 form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{name} of {answer:?}");
        }
    }
}

#[tokio::test]
async fn not_found_is_a_page_or_json_by_accept_header() {
    let shop = Deployment::under_test().await;
    for path in [
        "/orders/6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11",
        "/orders/nonsense",
        "/orders/%FF",
        "/nothing",
        "/assets/x/y",
    ] {
        let page = shop.get(path, BROWSER).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8"),
            "{path}"
        );
        let problem = shop.get(path, "application/json").await;
        assert_eq!(problem.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(
            (problem.status, &problem.json()["status"]),
            (StatusCode::NOT_FOUND, &404.into()),
            "{path}"
        );
    }
}
