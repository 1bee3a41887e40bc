//! `ops dlq list` and `ops dlq show`.

use e2e::{Deployment, OrderEvent, ops};
use serde_json::json;
use uuid::Uuid;

use super::{PROMOTION_SUBSCRIPTION, SOON};

#[tokio::test]
async fn dlq_show_lists_messages_with_reasons_and_keeps_them() {
    let shop = Deployment::under_test().await;
    let _turn = PROMOTION_SUBSCRIPTION.lock().await;
    let (poison, good) =
        (format!("{{\"order_id\": garbage {}", Uuid::new_v4()), OrderEvent::of("81.50"));
    let poison_id = shop.send("PromotionSubscriptionDlqUrl", &poison, &[("amount", "81.50")]).await;
    let good_id = shop.send("PromotionSubscriptionDlqUrl", &good.body(), &[]).await;

    let list = ops(&["dlq", "list", "--json"]).await;
    list.assert_code(3);
    let objects = list.objects();
    let [dlq] =
        &objects.iter().filter(|o| o["queue"] == "promotion-subscription").collect::<Vec<_>>()[..]
    else {
        panic!("{objects:?}")
    };
    assert!(dlq["visible"].as_u64() >= Some(2), "{dlq}");
    assert!(dlq["oldest_seen_seconds"].as_i64() >= Some(0), "{dlq}");
    assert_eq!(
        objects.len(),
        3 * shop.subscribers().len(),
        "two dead-letter queues and a source for each"
    );
    for source in objects.iter().filter(|object| object["kind"] == "source") {
        assert!(
            source["oldest_seen_at"].is_null(),
            "a receive from a source queue counts as a try: {source}"
        );
    }

    // Twice: shown messages are visible again at once.
    for _ in 0..2 {
        let all = ops(&["dlq", "show", "promotion-subscription", "--limit", "500", "--json"]).await;
        all.assert_code(0);
        let [shown] = &all.objects_with("message_id", &poison_id)[..] else {
            panic!("{}", all.stdout)
        };
        assert_eq!(shown["body"], poison);
        assert_eq!(
            shown["attributes"],
            json!({ "amount": { "type": "Number", "value": "81.50" } })
        );
        assert_eq!(shown["decodes"], false);
        assert!(
            shown["verdict"].as_str().is_some_and(|verdict| verdict.contains("not JSON")),
            "{shown}"
        );
        assert!(shown["receive_count"].as_u64() >= Some(1), "{shown}");
        assert!(!shown["sent_at"].is_null(), "{shown}");
        let [shown] = &all.objects_with("message_id", &good_id)[..] else {
            panic!("{}", all.stdout)
        };
        assert_eq!(shown["decodes"], true);
        assert!(
            shown["verdict"].as_str().is_some_and(|verdict| verdict.contains("the function's log")),
            "{shown}"
        );
    }
    let one = ops(&["dlq", "show", "promotion-subscription", "--limit", "1", "--json"]).await;
    assert_eq!(one.objects().len(), 1);
    let text = ops(&["dlq", "show", "promotion-subscription", "--limit", "500"]).await;
    assert!(
        text.stdout.contains(&poison)
            && text.stdout.contains("verdict     not an order.placed event")
    );

    shop.take_from_dlq("PromotionSubscriptionDlqUrl", &poison, SOON).await;
    shop.take_from_dlq("PromotionSubscriptionDlqUrl", &good.order_id, SOON).await;
}

#[tokio::test]
async fn message_cannot_control_the_terminal() {
    let shop = Deployment::under_test().await;
    let _turn = PROMOTION_SUBSCRIPTION.lock().await;
    let poison = format!("\u{9b}31m\u{202e}{}\nverdict     decodes", Uuid::new_v4());
    let id = shop.send("PromotionSubscriptionDlqUrl", &poison, &[]).await;
    let text = ops(&["dlq", "show", "promotion-subscription", "--limit", "500"]).await;
    let json = ops(&["dlq", "show", "promotion-subscription", "--limit", "500", "--json"]).await;
    let [shown] = &json.objects_with("message_id", &id)[..] else { panic!("{}", json.stdout) };
    assert_eq!(shown["body"], poison, "a program reads what was sent");
    for stdout in [&text.stdout, &json.stdout] {
        let raw = stdout.chars().find(|c| *c != '\n' && c.is_control() || *c == '\u{202e}');
        assert_eq!(raw, None, "{stdout}");
    }
    assert!(text.stdout.contains("body        \\u{9b}31m\\u{202e}"), "{}", text.stdout);
    assert!(
        text.stdout.contains("\\u{a}verdict     decodes"),
        "a line break in it makes no line: {}",
        text.stdout
    );
    shop.take_from_dlq("PromotionSubscriptionDlqUrl", &poison, SOON).await;
}

#[tokio::test]
async fn unknown_stack_or_queue_error_says_what_to_do() {
    let unknown = ops(&["dlq", "list", "--stack", "no-such-stack"]).await;
    unknown.assert_code(1);
    assert!(
        unknown.stderr.contains("no-such-stack") && unknown.stderr.contains("--stack"),
        "{}",
        unknown.stderr
    );
    let usage = ops(&["dlq", "show", "no-such-queue"]).await;
    usage.assert_code(2);
    assert!(usage.stderr.contains("promotion-subscription"), "{}", usage.stderr);
}

#[tokio::test]
async fn help_warns_of_personal_data_and_lists_exit_codes() {
    let show = ops(&["dlq", "show", "--help"]).await;
    assert!(show.stdout.contains("personal data"), "{}", show.stdout);
    assert!(ops(&["--help"]).await.stdout.contains("Exit codes:"));
}
