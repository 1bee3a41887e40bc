//! The example of `sqs-batch`, which is no function of the shop, on its release binary.

use e2e::{Function, batch_of_bodies, failures};
use serde_json::json;

fn reading(start: u32) -> String {
    json!({"meter": "kitchen", "start": start, "minutes": 15, "watt_hours": 50}).to_string()
}

/// Ends the function, and returns the readings that it stored.
async fn stored(function: Function) -> Vec<String> {
    let lines = function.end().await.into_iter();
    lines.filter_map(|line| line.strip_prefix("stored ").map(str::to_owned)).collect()
}

#[tokio::test]
async fn poison_and_panicking_readings_fail_alone() {
    let mut function = Function::start("meter_readings", []).await;
    let no_minutes = reading(2).replace("15", "0");
    let bodies = [reading(0), "kitchen: 50".to_owned(), no_minutes, reading(3)];
    assert_eq!(failures(&function.invoke(&batch_of_bodies(bodies)).await), ["m1", "m2"]);
    assert_eq!(stored(function).await, ["kitchen 0", "kitchen 3"]);
}

#[tokio::test]
async fn duplicate_reading_is_stored_once() {
    let mut function = Function::start("meter_readings", []).await;
    let twice = batch_of_bodies([reading(0), reading(0)]);
    for _ in 0..2 {
        assert!(failures(&function.invoke(&twice).await).is_empty());
    }
    assert_eq!(stored(function).await, ["kitchen 0"]);
}

/// Each write takes a minute; the function has two seconds.
#[tokio::test]
async fn late_readings_are_returned_before_the_timeout() {
    let minute = ("WRITE_MILLISECONDS".to_owned(), "60000".to_owned());
    let mut function = Function::start("meter_readings", [minute]).await;
    let batch = batch_of_bodies([reading(0), reading(1)]);
    assert_eq!(failures(&function.invoke(&batch).await), ["m0", "m1"]);
    assert!(stored(function).await.is_empty());
}
