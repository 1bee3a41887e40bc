//! The flow, and an order's way through it.

use super::{open, until_shown, with_console};
use crate::browser::{DESKTOP, PHONE, WITHOUT_SCRIPTS, in_browser};

#[tokio::test]
async fn order_moves_through_the_flow_and_has_a_waterfall() {
    with_console("console-flow", DESKTOP, async |browser, console| {
        open(browser, console, "/").await;
        let shop = &browser.shop;
        for subscriber in shop.subscribers() {
            until_shown(browser, "#flow", &format!("It writes the table {}", subscriber.table()))
                .await;
        }
        browser.run("window.loadedOnce = true").await;
        let id = shop.place("Ada Lovelace", "81.50").await.id;
        shop.fulfilled(&id).await;
        let receivers = shop.receivers_of("81.50").await;
        until_shown(browser, "#orders", &id).await;
        for receiver in &receivers {
            until_shown(browser, "#orders", &format!("{} done", receiver.function)).await;
        }
        let flow = until_shown(browser, "#flow", "orders/min").await;
        assert!(!flow.contains("publishes it to the topic: 0 orders a minute"), "{flow}");
        until_shown(browser, "#latency", "p95").await;
        assert_eq!(browser.run("return window.loadedOnce").await, true, "without a reload");

        browser.click(&format!("#orders a[href='/orders/{id}']")).await;
        for receiver in &receivers {
            until_shown(browser, "#hops", &receiver.function).await;
        }
        until_shown(browser, "#hops", "Fulfilled after").await;
        let bars = browser.run("return document.querySelectorAll('.bar .good').length").await;
        assert!(bars.as_u64() >= Some(1 + receivers.len() as u64), "{bars}");
        let page = browser.client.source().await.expect("a page");
        assert!(!page.contains("Ada"), "a customer's name is on the page");
    })
    .await;
}

#[tokio::test]
async fn two_pages_show_the_same_order() {
    with_console("console-first", DESKTOP, async |first, console| {
        in_browser("console-second", PHONE, async |second| {
            open(first, console, "/").await;
            open(second, console, "/").await;
            let id = first.shop.place("Ada Lovelace", "10.00").await.id;
            until_shown(first, "#orders", &id).await;
            until_shown(second, "#orders", &id).await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn page_can_be_reloaded_without_scripts() {
    with_console("console-no-script", WITHOUT_SCRIPTS, async |browser, console| {
        let id = browser.shop.place("Ada Lovelace", "10.00").await.id;
        e2e::eventually("the order is on the page", crate::browser::SOON, async || {
            open(browser, console, "/").await;
            browser.text("#orders").await.contains(&id).then_some(())
        })
        .await;
        assert!(browser.text("footer").await.contains("reload the page"));
    })
    .await;
}
