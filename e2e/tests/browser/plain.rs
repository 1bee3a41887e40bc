//! The shop where no script runs.

use crate::browser::{WITHOUT_SCRIPTS, in_browser};

#[tokio::test]
async fn without_scripts_an_order_is_placed_and_followed_to_its_coupon() {
    in_browser("no-script", WITHOUT_SCRIPTS, async |browser| {
        browser.open("/").await;
        browser.order("Ada Lovelace", "").await;
        browser.until_text("#amount-error", "must be a decimal number").await;
        browser.place("Ada Lovelace", "100").await;
        // The page loads itself again until there is nothing more to come.
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
