//! `ops dlq purge`.

use e2e::{Deployment, ops};
use uuid::Uuid;

use super::{PROMOTION_SUBSCRIPTION, SOON};

#[tokio::test]
async fn unconfirmed_purge_deletes_nothing() {
    let shop = Deployment::under_test().await;
    let _turn = PROMOTION_SUBSCRIPTION.lock().await;
    let body = Uuid::new_v4().to_string();
    shop.send("PromotionSubscriptionDlqUrl", &body, &[]).await;

    let refused = ops(&["dlq", "purge", "promotion-subscription"]).await;
    refused.assert_code(2);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    let dry =
        ops(&["dlq", "purge", "promotion-subscription", "--yes", "--dry-run", "--json"]).await;
    dry.assert_code(0);
    assert_eq!(
        (&dry.objects()[0]["dry_run"], dry.objects()[0]["deleted"].as_u64() >= Some(1)),
        (&true.into(), true)
    );
    let still = ops(&["dlq", "show", "promotion-subscription", "--limit", "500"]).await;
    assert!(still.stdout.contains(&body), "it is gone");

    ops(&["dlq", "purge", "promotion-subscription", "--yes"]).await.assert_code(0);
    let gone = async || {
        let shown = ops(&["dlq", "show", "promotion-subscription", "--limit", "500"]).await;
        (!shown.stdout.contains(&body)).then_some(())
    };
    e2e::eventually("the queue is purged", SOON, gone).await;
}
