//! A bad message never blocks or loses a good one, and ends in the dead-letter queue with its body intact.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;
use e2e::{Deployment, OrderEvent, eventually};
use futures::future::join_all;
use uuid::Uuid;

/// Quotes, a line break, markup and characters of two to four bytes: all of it has to survive.
fn garbage() -> String {
    format!("{{\"order_id\": \"{}\", \n <&> 'é☃😀' \\u0000 %00", Uuid::new_v4())
}

#[tokio::test]
async fn a_garbage_body_among_nine_good_ones_ends_in_the_dlq_byte_for_byte() {
    let shop = Deployment::under_test().await;
    let garbage = garbage();
    let good: Vec<_> = (0..9).map(|_| OrderEvent::of("90.00")).collect();
    let start = Instant::now();
    let (before, after) = good.split_at(5);
    join_all(before.iter().map(|event| async { shop.publish(&event.body(), &event.total).await })).await;
    shop.publish(&garbage, "90.00").await;
    join_all(after.iter().map(|event| async { shop.publish(&event.body(), &event.total).await })).await;

    let soon = Duration::from_secs(30);
    for event in &good {
        for table in ["ShipmentsTable", "CouponsTable"] {
            let row = async || shop.row(table, "order_id", &event.order_id).await;
            eventually(&format!("{table} has {}", event.order_id), soon, row).await;
        }
    }
    for (queue, dlq) in [("FulfilmentQueueUrl", "FulfilmentDlqUrl"), ("PromotionQueueUrl", "PromotionDlqUrl")] {
        let visibility = Duration::from_secs(shop.queue_number(queue, QueueAttributeName::VisibilityTimeout).await);
        let message = shop.take_from_dlq(dlq, &garbage[..50], 5 * visibility).await;
        assert_eq!(message.body, garbage);
        assert!(start.elapsed() > 2 * visibility, "it was not tried three times before it came to {dlq}");
    }
}
