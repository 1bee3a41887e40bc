//! What the console refuses.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
use e2e::{Console, Deployment, OrderEvent};
use reqwest::header::{HOST, ORIGIN};
use reqwest::{Method, StatusCode};

use super::INVOICING;

/// Shorter than a page needs to read an SQS queue, which it asks twice for a second.
const SOON_CLOSED: Duration = Duration::from_millis(500);

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
async fn every_response_forbids_frames_and_foreign_content() {
    let shop = Deployment::under_test().await;
    let console = Console::start(shop.endpoint(), &[]).await;
    for path in ["/", "/dlq/nothing", "/assets/console.js"] {
        let url = format!("{}{path}", console.url());
        for host in ["localhost", "evil.example"] {
            let port =
                url.split(':').nth(2).and_then(|rest| rest.split('/').next()).expect("a port");
            let request = reqwest::Client::new().get(&url).header(HOST, format!("{host}:{port}"));
            let answer = request.send().await.expect("the console answers");
            let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
            let policy = header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert_eq!(header("cache-control"), "no-store");
            assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        }
    }
}

#[tokio::test]
async fn dry_run_allows_no_changes() {
    for options in
        [["--dry-run", "console", "--allow-changes"], ["console", "--allow-changes", "--dry-run"]]
    {
        let ran = e2e::ops(&options).await;
        ran.assert_code(2);
        assert!(ran.stderr.contains("--dry-run changes nothing"), "{ran:?}");
    }
}

/// A page that is closed while it reads must not leave the messages hidden.
#[tokio::test]
async fn closed_page_hides_no_message() {
    let _invoicing = INVOICING.lock().await;
    let shop = Deployment::under_test().await;
    let console = Console::start(shop.endpoint(), &[]).await;
    shop.send("InvoicingSubscriptionDlqUrl", &OrderEvent::of("90.00").body(), &[]).await;
    let url = format!("{}/dlq/invoicing-subscription", console.url());
    let client = reqwest::Client::builder().timeout(SOON_CLOSED).build().expect("a client");
    client.get(&url).send().await.expect_err("it is closed before it is answered");
    let hidden = ApproximateNumberOfMessagesNotVisible;
    e2e::eventually("nothing is hidden", crate::browser::SOON / 3, async || {
        let hidden = shop.queue_number("InvoicingSubscriptionDlqUrl", hidden.clone()).await;
        (hidden == 0).then_some(())
    })
    .await;
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
