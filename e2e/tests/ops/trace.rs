//! One order's way.

use e2e::{Deployment, eventually, ops};
use uuid::Uuid;

use super::SOON;

#[tokio::test]
async fn an_orders_way_is_told_by_the_tables_and_by_every_function_that_had_it() {
    let shop = Deployment::under_test().await;
    let id = shop.place("Ada", "81.50").await.id;
    shop.with_coupon(&id).await;
    shop.fulfilled(&id).await;
    // Lines come to the log a moment after they are written.
    let steps = eventually("every function's log names the order", SOON, async || {
        let trace = ops(&["trace", &id, "--json"]).await;
        trace.assert_code(0);
        let steps = trace.objects();
        let told_by = |source: &str| steps.iter().any(|step| step["source"] == source);
        let all = ["orders table", "orders", "fulfilment", "promotion", "shipments table"];
        all.into_iter().all(told_by).then_some(steps)
    })
    .await;
    let times: Vec<_> = steps.iter().filter_map(|step| step["after_ms"].as_i64()).collect();
    assert!(times.len() >= 3 && times.is_sorted(), "{steps:?}");
    assert!(steps.iter().all(|step| !step["what"].as_str().expect("a text").contains("Ada")), "{steps:?}");
}

#[tokio::test]
async fn an_order_that_there_is_not_has_no_way() {
    let trace = ops(&["trace", &Uuid::new_v4().to_string()]).await;
    trace.assert_code(1);
    assert!(trace.stderr.contains("there is no order"), "{trace:?}");
}
