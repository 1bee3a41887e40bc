//! Dead-letter queues in the console. Each test has a queue of its own, or waits for the other.

use e2e::{Deployment, OrderEvent, eventually};

use super::{INVOICING, open, until_shown, with_console};
use crate::browser::{DESKTOP, SOON};

/// Text that would run, hide or end something if it were not escaped.
const HOSTILE: &str = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>\u{202e}\r\ndata: x\n\n{{ 1 }}";

async fn count_in(shop: &Deployment, queue: &str) -> u64 {
    use aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages;
    shop.queue_number(queue, ApproximateNumberOfMessages).await
}

#[tokio::test]
async fn dead_letter_is_seen_redriven_and_gone() {
    let _invoicing = INVOICING.lock().await;
    with_console("console-redrive", DESKTOP, async |browser, console| {
        let shop = &browser.shop;
        open(browser, console, "/").await;
        until_shown(browser, "#flow", "DLQ: 0").await;
        let event = OrderEvent::of("90.00");
        let id = shop.send("InvoicingDlqUrl", &event.body(), &[]).await;
        until_shown(browser, "#flow section[aria-labelledby='subscriber-invoicing']", "✖ DLQ: 1")
            .await;
        browser.keep("dead").await;

        browser.click("a[href='/dlq/invoicing']").await;
        let messages = until_shown(browser, "#messages", &id).await;
        assert!(messages.contains("decodes: it failed for another reason"), "{messages}");
        let page = browser.client.source().await.expect("a page");
        assert!(!page.contains("Lovelace"), "the body is on the page unasked");
        browser.click(&format!("a[href='?body={id}']")).await;
        until_shown(browser, "#messages pre", "Ada Lovelace").await;

        browser.fill("name", "promotion").await;
        browser.click("button").await;
        until_shown(browser, "body", "The name does not match. Nothing is changed").await;
        assert_eq!(count_in(shop, "InvoicingDlqUrl").await, 1);

        open(browser, console, "/dlq/invoicing").await;
        browser.fill("name", "invoicing").await;
        browser.click("button").await;
        until_shown(browser, "#state", "1 message moved to the queue invoicing.").await;
        until_shown(browser, "#state", "Messages: about 0").await;
        let row = async || shop.row("InvoicingTable", "order_id", &event.order_id).await;
        eventually("the order is invoiced", SOON, row).await;
        open(browser, console, "/").await;
        until_shown(browser, "#flow section[aria-labelledby='subscriber-invoicing']", "DLQ: 0")
            .await;
        // Otherwise `check` would report an invoice without an order.
        shop.delete_row("InvoicingTable", "order_id", &event.order_id).await;
    })
    .await;
}

#[tokio::test]
async fn hostile_message_is_shown_as_text_and_purged() {
    with_console("console-hostile", DESKTOP, async |browser, console| {
        let shop = &browser.shop;
        let id = shop.send("FulfilmentQueueUrl", HOSTILE, &[]).await;
        open(browser, console, "/").await;
        let card = "#flow section[aria-labelledby='subscriber-fulfilment']";
        until_shown(browser, card, "✖ DLQ: 1").await;
        until_shown(browser, card, "fulfilment at ").await;

        open(browser, console, &format!("/dlq/fulfilment?body={id}")).await;
        let body = until_shown(browser, "#messages pre", "<script>").await;
        assert!(body.contains(r"\u{202e}\u{d}") && body.contains("{{ 1 }}"), "{body}");
        assert_eq!(browser.run("return window.hacked ?? null").await, serde_json::Value::Null);

        browser.fill("name", "fulfilment").await;
        browser.click("button.danger").await;
        until_shown(browser, "#state", "About 1 message deleted.").await;
        until_shown(browser, "#state", "Messages: about 0").await;
    })
    .await;
}
