//! The console's pages on every kind of screen: accessible, as wide as the screen, and saved as a
//! screenshot.

use e2e::OrderEvent;

use super::{open, until_shown, with_console};
use crate::accessible::is_accessible;
use crate::browser::{Browser, Device, Scheme, Setup};

/// Each device has a dead-letter queue of its own: reading hides messages from another reader.
async fn check_pages(test: &'static str, device: Device, subscriber: &str) {
    let setup = Setup { device, scheme: Scheme::Light, scripts: true };
    with_console(test, setup, async |browser, console| {
        let shop = &browser.shop;
        let id = shop.place("Ada Lovelace", "81.50").await.id;
        shop.fulfilled(&id).await;
        let body = OrderEvent::of("90.00").body();
        let dead = shop.send(&format!("{subscriber}SubscriptionDlqUrl"), &body, &[]).await;
        let dlq = format!("/dlq/{}-subscription", subscriber.to_lowercase());
        for (scheme, name) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
            browser.apply(Setup { scheme, ..setup }).await;
            open(browser, console, "/").await;
            until_shown(browser, "#orders", &id).await;
            until_shown(browser, "#flow", "✖ subscription DLQ").await;
            seen(browser, &format!("{name}-flow")).await;
            open(browser, console, &format!("/orders/{id}")).await;
            until_shown(browser, "#hops", "fulfilment").await;
            seen(browser, &format!("{name}-order")).await;
            open(browser, console, &format!("{dlq}?body={dead}")).await;
            until_shown(browser, "#messages", &dead).await;
            seen(browser, &format!("{name}-dlq")).await;
        }
    })
    .await;
}

async fn seen(browser: &Browser, page: &str) {
    browser.keep(page).await;
    browser.fits().await;
    is_accessible(browser).await;
}

#[tokio::test]
async fn phone_console_is_accessible_in_both_schemes() {
    check_pages("console-phone", Device::Phone, "Fulfilment").await;
}

#[tokio::test]
async fn desktop_console_is_accessible_in_both_schemes() {
    check_pages("console-desktop", Device::Desktop, "Promotion").await;
}
