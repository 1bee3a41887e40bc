//! Coupons that one order earned are spent on another.

use std::collections::BTreeSet;

use e2e::{Answer, Deployment, cents, order_id, post_event};
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const LONG_AGO: &str = "2001-01-01T00:00:00Z";

fn order(customer: &str, amount: &str, coupon: &str) -> Value {
    json!({ "customer": customer, "amount": amount, "coupon": coupon })
}

/// The code as shown on the page, typed in lower case.
fn typed(code: &str) -> String {
    format!(" {}-{} {}", &code[..4], &code[4..8], &code[8..]).to_lowercase()
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().expect("an id").to_owned()
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 422, "{what}: {}", answer.body);
    let problem = answer.json();
    let pointers: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| &error["pointer"])
        .collect();
    assert_eq!(
        (&problem["type"], pointers),
        (&json!("/problems/invalid-order"), vec![&json!("/coupon")]),
        "{what}"
    );
}

#[tokio::test]
async fn coupon_discount_is_exact_everywhere() {
    let shop = Deployment::under_test().await;
    let probe = shop.probe_topic().await;
    let code = shop.earned_coupon().await;
    let placed = shop.place_with_coupon("Ada", "90.00", &typed(&code)).await;

    let answer = placed.answer.json();
    assert_eq!(answer["discount"], json!({ "code": code, "percent": 20, "amount": "18.00" }));
    assert_eq!((&answer["amount"], &answer["total"]), (&json!("90.00"), &json!("72.00")));
    let row =
        shop.row("OrdersTable", "id", &placed.id).await.expect("an accepted order is in the table");
    assert_eq!((cents(&row["amount"]), cents(&row["discount.amount"])), (9_000, 1_800));
    assert_eq!((&row["discount.code"], &*row["discount.percent"]), (&code, "20"));
    let coupon = shop.coupon_row(&code).await;
    assert_eq!(
        (&coupon["spent_by"], &json!(coupon["spent_at"])),
        (&placed.id, &answer["placed_at"])
    );

    let message = probe.message(&placed.id).await;
    let event: Value = serde_json::from_str(&message.body).expect("the event is JSON");
    assert_eq!((&event["amount"], &event["total"]), (&json!("90.00"), &json!("72.00")));
    assert_eq!(message.attributes["amount"].1, "72.00", "the threshold is on what is paid");
    let order = shop.fulfilled(&placed.id).await;
    assert_eq!((&order["discount"], &order["total"]), (&answer["discount"], &json!("72.00")));
    shop.drained("PromotionQueueUrl").await;
    assert_eq!(shop.order(&placed.id).await["coupon"], Value::Null, "72.00 earns none");
    probe.unsubscribe().await;
}

#[tokio::test]
async fn discounted_total_decides_the_next_coupon() {
    let shop = Deployment::under_test().await;
    let [exactly, below] = [shop.earned_coupon().await, shop.earned_coupon().await];
    let below = shop.place_with_coupon("Ada", "99.99", &below).await;
    let exactly = shop.place_with_coupon("Ada", "100.00", &exactly).await;
    let order = shop.with_coupon(&exactly.id).await;
    assert_eq!(order["total"], "80.00");
    assert_ne!(order["coupon"]["code"], order["discount"]["code"], "earned is not spent");
    shop.fulfilled(&below.id).await;
    shop.drained("PromotionQueueUrl").await;
    let order = shop.order(&below.id).await;
    assert_eq!((&order["total"], &order["coupon"]), (&json!("79.99"), &Value::Null));
}

#[tokio::test]
async fn smallest_and_largest_discounts_round_to_the_cent() {
    let shop = Deployment::under_test().await;
    for (amount, off, total) in [
        ("0.01", "0.00", "0.01"),
        ("0.03", "0.01", "0.02"),
        ("999999999.99", "200000000.00", "799999999.99"),
    ] {
        let code = shop.earned_coupon().await;
        let placed = shop.place_with_coupon("Ada", amount, &code).await;
        for order in [placed.answer.json(), shop.fulfilled(&placed.id).await] {
            assert_eq!(
                (&order["discount"]["amount"], &order["total"]),
                (&json!(off), &json!(total)),
                "{amount}"
            );
        }
    }
}

#[tokio::test]
async fn unspendable_coupons_get_one_response_and_save_nothing() {
    let shop = Deployment::under_test().await;
    let customer = format!("Ada {}", Uuid::new_v4());
    let spent = shop.earned_coupon().await;
    shop.place_with_coupon("Ada", "12.00", &spent).await;
    let expired = "MLKJHGFEDCBA";
    let earned_by = Uuid::new_v4().to_string();
    let row =
        [("order_id", &*earned_by), ("code", expired), ("percent", "20"), ("expires_at", LONG_AGO)];
    shop.put_row("PromotionTable", &row).await;

    let mut bodies = BTreeSet::new();
    for code in [
        spent.as_str(),
        expired,
        "AAAABBBBCCCC",
        "nonsense",
        "ABCDEFGHJKL0",
        &"A".repeat(1_000),
        "\u{1f600}",
    ] {
        let answer = shop.post_order(JSON, order(&customer, "81.50", code).to_string()).await;
        assert_refused(&answer, code);
        bodies.insert(answer.body);
    }
    assert_eq!(bodies.len(), 1, "the message leaks nothing: {bodies:?}");
    assert!(bodies.iter().all(|body| body.contains("cannot be spent")), "{bodies:?}");
    assert_eq!(shop.orders_of(&customer).await.len(), 0);
    assert!(!shop.coupon_row(expired).await.contains_key("spent_by"));
    shop.delete_row("PromotionTable", "order_id", &earned_by).await;
}

#[tokio::test]
async fn form_accepts_a_coupon_and_shows_its_error_beside_it() {
    let shop = Deployment::under_test().await;
    let code = shop.earned_coupon().await;
    let post = async |coupon: &str| {
        shop.post_order(FORM, format!("customer=Ada&amount=50&coupon={coupon}")).await
    };
    let shown = async |answer: &Answer| shop.get(answer.header("location"), "text/html").await.body;

    let empty = post("").await;
    assert_eq!(empty.status, 303, "{}", empty.body);
    assert!(!shown(&empty).await.contains("Coupon"));

    let good = post(&typed(&code).replace(' ', "+")).await;
    assert_eq!(good.status, 303, "{}", good.body);
    let page = shown(&good).await;
    for text in [
        &*format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..]),
        "20% off",
        "$50.00",
        "$10.00",
        "$40.00",
    ] {
        assert!(page.contains(text), "{text} is not on {page}");
    }

    let again = post(&code).await;
    assert_eq!(again.status, 422);
    assert!(
        again.body.contains(&format!(r#"name="coupon" value="{code}""#)),
        "what was typed is kept: {}",
        again.body
    );
    assert!(
        again.body.contains(r#"id="coupon-error">The coupon cannot be spent"#),
        "{}",
        again.body
    );
}

#[tokio::test]
async fn only_one_of_two_concurrent_orders_gets_the_coupon() {
    let shop = Deployment::under_test().await;
    let code = shop.earned_coupon().await;
    let keys = [Uuid::new_v4(), Uuid::new_v4()].map(|key| key.to_string());
    let place = async |key: &str| shop.answered(&order(key, "90.00", &code), key).await;
    let (one, other) = tokio::join!(place(&keys[0]), place(&keys[1]));
    let (won, lost) = if one.status == 201 { (&one, &other) } else { (&other, &one) };
    assert_eq!((won.status.as_u16(), &won.json()["total"]), (201, &json!("72.00")));
    assert_refused(lost, "the slower one");
    assert_eq!(shop.coupon_row(&code).await["spent_by"], id(won));
    assert_eq!(shop.orders_of(&keys[0]).await.len() + shop.orders_of(&keys[1]).await.len(), 1);
}

#[tokio::test]
async fn replay_returns_the_first_answer_after_coupon_is_spent() {
    let shop = Deployment::under_test().await;
    let (code, key) = (shop.earned_coupon().await, Uuid::new_v4().to_string());
    let first = shop.answered(&order(&key, "90.00", &code), &key).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = shop.answered(&order(&key, "90.00", &code), &key).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(shop.orders_of(&key).await.len(), 1);

    let other = shop.answered(&order(&key, "91.00", &code), &key).await;
    assert_eq!(
        other.json()["type"],
        "/problems/idempotency-key-reused",
        "the key outranks the coupon"
    );
    let other = shop.answered(&order(&key, "91.00", "AAAABBBBCCCC"), &key).await;
    assert_eq!(other.json()["type"], "/problems/idempotency-key-reused", "whatever the coupon is");
}

#[tokio::test]
async fn ten_concurrent_replays_spend_one_coupon() {
    let shop = Deployment::under_test().await;
    let (code, key) = (shop.earned_coupon().await, Uuid::new_v4().to_string());
    let wanted = order(&key, "90.00", &code);
    let answers = join_all((0..10).map(|_| shop.answered(&wanted, &key))).await;
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &answers[0].body));
    }
    assert_eq!(shop.orders_of(&key).await.len(), 1);
    assert_eq!(shop.coupon_row(&code).await["spent_by"], id(&answers[0]));
}

#[tokio::test]
async fn rejected_coupon_does_not_consume_the_key() {
    let shop = Deployment::under_test().await;
    let (code, key) = (shop.earned_coupon().await, Uuid::new_v4().to_string());
    assert_refused(
        &shop.answered(&order(&key, "90.00", "AAAABBBBCCCC"), &key).await,
        "a mistyped code",
    );
    let corrected = shop.answered(&order(&key, "90.00", &code), &key).await;
    assert_eq!((corrected.status.as_u16(), &corrected.json()["total"]), (201, &json!("72.00")));
}

#[tokio::test]
async fn relay_publishes_the_discounted_total() {
    let shop = Deployment::under_test().await;
    let probe = shop.probe_topic().await;
    let code = shop.earned_coupon().await;
    let nowhere = shop.missing_topic();
    let mut orders = shop.start("orders", &[("ORDERS_TOPIC_ARN", &nowhere)]).await;
    let answer = orders.invoke(&post_event(JSON, &order("Ada", "90.00", &code).to_string())).await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let id = &order_id(&answer);

    shop.start("outbox-relay", &[]).await.invoke(&json!({})).await;
    let message = probe.message(id).await;
    let event: Value = serde_json::from_str(&message.body).expect("the event is JSON");
    assert_eq!((&event["amount"], &event["total"]), (&json!("90.00"), &json!("72.00")));
    assert_eq!(message.attributes["amount"].1, "72.00");
    shop.fulfilled(id).await;
    shop.drained("PromotionQueueUrl").await;
    assert_eq!(shop.order(id).await["coupon"], Value::Null);
    probe.unsubscribe().await;
}
