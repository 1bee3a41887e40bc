//! The shop without JavaScript.

use crate::browser::{WITHOUT_SCRIPTS, in_browser};
use crate::fixtures::Stalled;

const SCRIPTED: &str =
    "data:text/html,<title>none runs</title><script>document.title = 'it runs'</script>";

#[tokio::test]
async fn order_is_followed_to_its_coupon_without_scripts() {
    in_browser("no-script", WITHOUT_SCRIPTS, async |browser| {
        browser.client.goto(SCRIPTED).await.expect("a page of its own");
        assert_eq!(
            browser.client.title().await.expect("a title"),
            "none runs",
            "else the script would follow the order"
        );
        browser.open("/").await;
        browser.order("Ada Lovelace", "").await;
        browser.until_text("#amount-error", "must be a decimal number").await;
        browser.place("Ada Lovelace", "100").await;
        browser.until("#status[data-status=fulfilled][data-coupon=true]").await;
        let code = browser.text(".coupon code").await;
        browser.click(".coupon a").await;
        browser.until("form").await;
        assert_eq!(browser.value("coupon").await, code);
        browser.place("Ada Lovelace", "50").await;
        assert!(browser.text("#facts").await.contains("−$10.00"));
    })
    .await;
}

#[tokio::test]
async fn page_reloads_until_complete_without_scripts() {
    in_browser("no-script-news", WITHOUT_SCRIPTS, async |browser| {
        let order = Stalled::place_now(&browser.shop, "Ada Lovelace", "80.00").await;
        browser.open(&order.path).await;
        assert_eq!(browser.text("#status").await, "Your order is placed; we are packing it.");
        order.ship(&browser.shop).await;
        browser.until("#status[data-status=fulfilled]").await;
        order.reward(&browser.shop).await;
        browser.until("#status[data-awaits=false]").await;
    })
    .await;
}
