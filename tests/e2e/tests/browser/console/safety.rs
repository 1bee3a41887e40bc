//! What the console refuses.

use e2e::{Console, Deployment, OrderEvent};
use reqwest::header::{HOST, ORIGIN};
use reqwest::{Method, StatusCode};

/// Sends a request with these headers, and returns status and body.
pub(super) async fn send(
    console: &Console,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    form: &str,
) -> (StatusCode, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let mut request =
        client.build().expect("a client").request(method, format!("{}{path}", console.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = request.body(form.to_owned()).send().await.expect("the console answers");
    (answer.status(), answer.text().await.expect("a text"))
}

/// The token in the form of a page.
pub(super) async fn token(console: &Console) -> String {
    let (status, page) = send(console, Method::GET, "/dlq/promotion", &[], "").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form with a token");
    rest.split_once('"').expect("the value ends").0.to_owned()
}

#[tokio::test]
async fn forged_host_and_origin_are_refused() {
    let shop = Deployment::under_test().await;
    let console = Console::start(shop.endpoint(), &["--allow-changes"]).await;
    let own = console.url();
    for (name, value) in [
        (HOST.as_str(), "evil.example:3002"),
        (ORIGIN.as_str(), "http://evil.example"),
        (ORIGIN.as_str(), "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let (status, body) = send(&console, Method::GET, "/", &[(name, value)], "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(!body.contains("orders"), "{body}");
    }
    let (status, _) = send(&console, Method::GET, "/", &[(ORIGIN.as_str(), own)], "").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn change_needs_permission_origin_token_and_name() {
    let shop = Deployment::under_test().await;
    let console = Console::start(shop.endpoint(), &["--allow-changes"]).await;
    let token = token(&console).await;
    let origin = (ORIGIN.as_str(), console.url());
    let evil = (ORIGIN.as_str(), "http://evil.example");
    let good = format!("token={token}&name=promotion");
    let id = shop.send("PromotionDlqUrl", &OrderEvent::of("90.00").body(), &[]).await;
    for (headers, form) in [
        (vec![], good.as_str()),
        (vec![evil], &good),
        (vec![origin, ("host", "evil.example")], &good),
        (vec![origin], "name=promotion&token=00000000-0000-4000-8000-000000000000"),
        (vec![origin], &format!("token={token}&name=fulfilment")),
        (vec![origin], &format!("token={token}")),
    ] {
        let (status, body) =
            send(&console, Method::POST, "/dlq/promotion/purge", &headers, form).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?} {form}: {body}");
    }
    let read_only = Console::start(shop.endpoint(), &[]).await;
    let own = [(ORIGIN.as_str(), read_only.url())];
    let (status, body) = send(&read_only, Method::POST, "/dlq/promotion/purge", &own, &good).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("start it with --allow-changes"), "{body}");
    let (status, _) = send(&console, Method::GET, "/dlq/promotion/purge", &[origin], "").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);

    let (_, page) = send(&read_only, Method::GET, "/dlq/promotion", &[], "").await;
    assert!(page.contains(&id), "the message is still there");
    assert!(!page.contains("<form") && !page.contains("token"), "{page}");
    let (status, _) = send(&console, Method::POST, "/dlq/promotion/purge", &[origin], &good).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    shop.drained("PromotionDlqUrl").await;
}

#[tokio::test]
async fn unknown_pages_are_not_found() {
    let shop = Deployment::under_test().await;
    let console = Console::start(shop.endpoint(), &[]).await;
    for path in ["/dlq/nothing", "/assets/secret", "/orders", "/..%2fetc"] {
        let (status, _) = send(&console, Method::GET, path, &[], "").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    let (status, page) = send(&console, Method::GET, "/orders/%3Cscript%3E", &[], "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("nothing about this order") && !page.contains("<script>"), "{page}");
}
