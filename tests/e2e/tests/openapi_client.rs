//! A client generated from the API's document parses orders, rejections and errors into types.

use std::time::Duration;

use devstack::{Fault, OpenApiClient, Progress};
use e2e::{FaultStack, eventually};
use serde_json::{Value, json};

const EVERY_TIME: u32 = u32::MAX;
const SOON: Duration = Duration::from_secs(60);

#[tokio::test]
async fn generated_client_types_match_api_responses() {
    let stack = FaultStack::start(&[]).await.expect("a stack starts");
    let (shop, folder) = (stack.shop.output("ShopUrl"), tempfile::tempdir().expect("a folder"));
    let client = OpenApiClient::install(Progress).await.expect("the generator installs");
    let document = format!("{shop}/openapi.json");
    client
        .generate(&document, folder.path(), Progress)
        .await
        .expect("a client is generated without a warning");
    let place = async |amount| {
        let answers = client.place(shop, folder.path(), ["Ada Lovelace", amount], Progress).await;
        let answers = answers.expect("the client runs");
        let answer = |line| serde_json::from_str::<Value>(line).expect("JSON");
        answers.lines().map(answer).collect::<Vec<_>>()
    };

    let answers = eventually("the shop takes an order", SOON, async || {
        let answers = place("81.50").await;
        let is_transient = |answer: &Value| matches!(answer["status"].as_u64(), Some(502..=504));
        (!answers.iter().any(is_transient)).then_some(answers)
    })
    .await;
    let [placed, shown] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((&placed["status"], &placed["type"]), (&json!(201), &json!("Order")));
    assert_eq!((&shown["status"], &shown["type"]), (&json!(200), &json!("Order")));
    for answer in [placed, shown] {
        assert_eq!(answer["fields"]["total"], "81.50");
        assert_eq!(answer["fields"]["id"], placed["fields"]["id"]);
    }

    let [refused] = &place("79.999").await[..] else {
        panic!("an order was refused: nothing is read back")
    };
    assert_eq!(
        (&refused["status"], &refused["type"]),
        (&json!(422), &json!("CreateOrderResponse422"))
    );
    assert_eq!(refused["fields"]["type"], "/problems/invalid-order");
    assert_eq!(refused["fields"]["errors"][0]["pointer"], "/amount");

    stack.proxy.inject("PutItem", Fault::Fail, EVERY_TIME);
    let [unavailable] = &place("81.50").await[..] else {
        panic!("no order was accepted: nothing is read back")
    };
    assert_eq!(
        (&unavailable["status"], &unavailable["type"]),
        (&json!(503), &json!("CreateOrderResponse503"))
    );
    assert_eq!(unavailable["fields"]["type"], "/problems/unavailable");
}
