//! An order's page follows the order's progress.

use uuid::Uuid;

use crate::browser::{DESKTOP, PHONE, in_browser};
use crate::fixtures::Stalled;

#[tokio::test]
async fn order_earns_a_coupon_that_a_click_spends() {
    in_browser("coupon", PHONE, async |browser| {
        browser.open("/").await;
        browser.place("Ada Lovelace", "100").await;
        assert_eq!(browser.text("h1").await, "Thank you, Ada Lovelace");
        browser.until("#status[data-status=fulfilled]").await;
        let code = browser.until(".coupon code").await.text().await.expect("a code");
        browser.keep("earned").await;

        let earned_by = browser.client.current_url().await.expect("an address").path().to_owned();
        browser.click(".coupon a").await;
        browser.until("form").await;
        assert_eq!(browser.value("customer").await, "", "nobody else's name is suggested");
        assert_eq!(browser.value("coupon").await, code);
        browser.place("Ada Lovelace", "50").await;
        let facts = browser.text("#facts").await;
        for fact in ["$50.00", &code, "20% off", "−$10.00", "$40.00"] {
            assert!(facts.contains(fact), "{fact} is not in {facts}");
        }
        browser.until("#status[data-status=fulfilled][data-awaits=false]").await;
        browser.keep("spent").await;
        browser.open(&earned_by).await;
        assert_eq!(browser.text(".coupon .hint").await, "Spent.");
        assert_eq!(
            browser.run("return document.querySelector('.coupon a')").await,
            serde_json::Value::Null
        );

        browser.open(&format!("/?coupon={code}")).await;
        browser.order("Ada Lovelace", "50").await;
        browser.until_text("#coupon-error", "The coupon cannot be spent").await;
    })
    .await;
}

#[tokio::test]
async fn page_updates_in_place_without_moving_the_rest() {
    in_browser("in-place", DESKTOP, async |browser| {
        let order = Stalled::place(&browser.shop, "Ada Lovelace", "80.00").await;
        browser.open(&order.path).await;
        browser.run("document.querySelector('.more a').focus(); window.loadedOnce = true").await;
        assert_eq!(browser.text("#status").await, "Your order is placed; we are packing it.");

        order.reward(&browser.shop).await;
        browser.until("#status[data-coupon=true]").await;
        assert_eq!(
            browser.run("return document.activeElement.textContent").await,
            "Place another order"
        );
        browser.run("document.querySelector('.coupon a').focus()").await;

        order.ship(&browser.shop).await;
        browser.until("#status[data-status=fulfilled]").await;
        assert_eq!(
            browser.text("#status").await,
            "Your order is on its way. It earned you a coupon."
        );
        assert!(browser.text("#facts").await.contains("7KPW3Q9DZT4M"));
        assert!(browser.client.title().await.expect("a title").starts_with("On its way"));
        let focused = browser.run("return document.activeElement.textContent").await;
        assert_eq!(focused, "Spend it on your next order", "what did not change keeps the focus");
        assert_eq!(
            browser.run("return window.loadedOnce").await,
            true,
            "the page was loaded again"
        );
    })
    .await;
}

/// Makes timers fire at once, and records their delays.
const HURRY: &str = "window.pauses = [];
    window.setTimeout = (wake, pause) => { window.pauses.push(pause); queueMicrotask(wake); };";

#[tokio::test]
async fn page_polls_less_often_and_says_when_it_stops() {
    in_browser("gives-up", DESKTOP, async |browser| {
        browser.before_each_page(HURRY).await;
        let order = Stalled::place(&browser.shop, "Ada Lovelace", "10.00").await;
        browser.open(&order.path).await;
        let seen = browser.until_text("#status", "stopped looking").await;
        assert!(seen.ends_with("reload it to see what is new."), "{seen}");
        let pauses = browser.run("return window.pauses").await;
        let pauses: Vec<_> = pauses
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(serde_json::Value::as_f64)
            .collect();
        assert!(
            pauses.is_sorted() && pauses[0] < 1_000.0 && pauses[pauses.len() - 1] > 10_000.0,
            "{pauses:?}"
        );
        order.ship(&browser.shop).await;
    })
    .await;
}

#[tokio::test]
async fn unknown_order_page_is_404() {
    in_browser("not-there", PHONE, async |browser| {
        browser.open(&format!("/orders/{}", Uuid::new_v4())).await;
        assert_eq!(browser.text("h1").await, "Page not found");
        browser.click(".more a").await;
        browser.until("form").await;
    })
    .await;
}
