//! Every page on every kind of screen: accessible, as wide as the screen, and saved as a
//! screenshot.

use e2e::Deployment;

use crate::accessible::is_accessible;
use crate::browser::{Browser, Device, Scheme, Setup, in_browser};
use crate::fixtures::Stalled;

/// Whether the page is closer to black than to white.
const IS_DARK: &str =
    "const colours = getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number);
    return colours.slice(0, 3).every((colour) => colour < 128);";

async fn check_pages(test: &'static str, device: Device, scheme: Scheme) {
    in_browser(test, Setup { device, scheme, scripts: true }, async |browser| {
        let shop = &browser.shop;
        browser.open("/").await;
        assert_eq!(browser.run(IS_DARK).await, matches!(scheme, Scheme::Dark), "{scheme:?}");
        browser.fill("customer", "Ada Lovelace").await;
        browser.fill("amount", "81.50").await;
        browser.run("document.activeElement.blur()").await;
        seen(browser, "form").await;

        browser.fill("coupon", "ABCD-EFGH").await;
        browser.order(" ", "81,50").await;
        browser.until(".error").await;
        seen(browser, "refused").await;

        let order = Stalled::place(shop, "Ada Lovelace", "81.50").await;
        browser.open(&order.path).await;
        seen(browser, "placed").await;

        order.ship(shop).await;
        order.reward(shop).await;
        browser.open(&order.path).await;
        seen(browser, "fulfilled").await;

        browser.open(&discounted(shop).await).await;
        browser.until("#status[data-awaits=false]").await;
        seen(browser, "discounted").await;

        browser.open("/nothing").await;
        seen(browser, "not-found").await;
    })
    .await;
}

/// The page of an order that spends a coupon.
async fn discounted(shop: &Deployment) -> String {
    let code = shop.earned_coupon().await;
    format!("/orders/{}", shop.place_with_coupon("Ada Lovelace", "81.50", &code).await.id)
}

async fn seen(browser: &Browser, page: &str) {
    browser.keep(page).await;
    browser.fits().await;
    is_accessible(browser).await;
}

#[tokio::test]
async fn phone_layout_is_accessible_in_light_scheme() {
    check_pages("phone-light", Device::Phone, Scheme::Light).await;
}

#[tokio::test]
async fn phone_layout_is_accessible_in_dark_scheme() {
    check_pages("phone-dark", Device::Phone, Scheme::Dark).await;
}

#[tokio::test]
async fn desktop_layout_is_accessible_in_light_scheme() {
    check_pages("desktop-light", Device::Desktop, Scheme::Light).await;
}

#[tokio::test]
async fn desktop_layout_is_accessible_in_dark_scheme() {
    check_pages("desktop-dark", Device::Desktop, Scheme::Dark).await;
}
