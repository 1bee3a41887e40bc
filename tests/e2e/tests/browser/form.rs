//! The order form, and unusual input.

use uuid::Uuid;

use crate::browser::{Browser, DESKTOP, PHONE, in_browser};

/// A unique name.
fn customer() -> String {
    format!("Ada {}", Uuid::new_v4())
}

/// The error message of a field, as shown and as screen readers read it.
async fn error_of(browser: &Browser, name: &str) -> String {
    let field = browser.field(name).await;
    let id = field
        .attr("aria-describedby")
        .await
        .expect("the field is there")
        .expect("the field is described");
    let message = browser.find(&format!("#{id}")).await;
    let (field, below) =
        (field.rectangle().await.expect("a place"), message.rectangle().await.expect("a place"));
    let gap = below.1 - (field.1 + field.3);
    assert!((0.0..20.0).contains(&gap), "the message is {gap} px below its field");
    message.text().await.expect("a text")
}

#[tokio::test]
async fn form_keeps_input_and_shows_errors_beside_fields() {
    in_browser("bad-input", PHONE, async |browser| {
        let customer = customer();
        browser.open("/").await;
        browser.fill("coupon", "nonsense").await;
        browser.order(" ", "12,50").await;
        browser.until(".error").await;
        assert!(browser.client.title().await.expect("a title").starts_with("Error: "));
        assert_eq!(error_of(browser, "customer").await, "Your name must not be empty.");
        assert_eq!(
            error_of(browser, "amount").await,
            "The amount must be a decimal number, such as 81.50."
        );
        assert!(error_of(browser, "coupon").await.starts_with("The coupon cannot be spent"));
        assert_eq!(
            browser.run("return document.activeElement.name").await,
            "customer",
            "the first wrong field is next"
        );
        let kept = [
            browser.value("customer").await,
            browser.value("amount").await,
            browser.value("coupon").await,
        ];
        assert_eq!(kept, [" ", "12,50", "nonsense"]);
        browser.keep("refused").await;

        browser.fill("coupon", "").await;
        browser.place(&customer, "12.50").await;
        assert_eq!(browser.text("h1").await, format!("Thank you, {customer}"));
        assert_eq!(browser.shop.orders_of(&customer).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn double_click_makes_one_order() {
    in_browser("double-click", DESKTOP, async |browser| {
        let customer = customer();
        browser.open("/").await;
        browser.fill("customer", &customer).await;
        browser.double_click("button").await;
        browser.until("#status[data-status=fulfilled]").await;
        assert_eq!(browser.shop.orders_of(&customer).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn back_and_resubmit_never_duplicates_an_order() {
    in_browser("back", DESKTOP, async |browser| {
        let customer = customer();
        browser.open("/").await;
        let key = browser.value("idempotency_key").await;
        let first = browser.place(&customer, "10.00").await;

        browser.client.back().await.expect("there is a page before");
        browser.until("form").await;
        // Browsers differ: either the page is cached and the form leads to its order, or a new form
        // is requested.
        let kept = browser.value("idempotency_key").await == key;
        let shown = browser.place(&customer, "10.00").await;
        assert_eq!(shown == first, kept);
        let orders = browser.shop.orders_of(&customer).await.len();
        assert_eq!(orders, if kept { 1 } else { 2 });

        browser.click(".more a").await;
        browser.until("form").await;
        assert_ne!(browser.place(&customer, "10.00").await, shown);
        assert_eq!(browser.shop.orders_of(&customer).await.len(), orders + 1);
    })
    .await;
}

#[tokio::test]
async fn resubmitted_cached_form_leads_to_its_order() {
    in_browser("kept-form", DESKTOP, async |browser| {
        let customer = customer();
        browser.open("/").await;
        let key = browser.value("idempotency_key").await;
        let first = browser.place(&customer, "10.00").await;

        // Restores the old key, as a browser with a cached page would.
        let keep = format!("document.querySelector('[name=idempotency_key]').value = '{key}'");
        browser.open("/").await;
        browser.run(&keep).await;
        assert_eq!(browser.place(&customer, "10.00").await, first);

        browser.open("/").await;
        browser.run(&keep).await;
        browser.order(&customer, "11.00").await;
        browser.until_text(".notice", "already placed an order").await;
        assert_eq!(browser.shop.orders_of(&customer).await.len(), 1);
        browser.keep("asks").await;

        assert_ne!(browser.place(&customer, "11.00").await, first);
        assert_eq!(browser.shop.orders_of(&customer).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn oversized_form_is_shown_again() {
    in_browser("too-large", DESKTOP, async |browser| {
        browser.open("/").await;
        browser.run("document.querySelector('#customer').value = 'x'.repeat(20000)").await;
        browser.click("button").await;
        browser.until_text(".notice", "An order is at most 16 KiB.").await;
        browser.place(&customer(), "10.00").await;
    })
    .await;
}
