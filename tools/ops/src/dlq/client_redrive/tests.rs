mod fifo;

use std::num::NonZeroU32;

use aws_mock::MockAws;
use serde_json::{Value, json};

use super::*;

/// A dead-letter queue to which every moved message returns at once, and which delivers each
/// message twice.
fn poisonous(first: &[&str]) -> MockAws {
    let mut waiting: Vec<_> = first.iter().map(ToString::to_string).collect();
    MockAws::with_json(move |operation, request| {
        if operation == "ReceiveMessage" {
            let ids = std::mem::take(&mut waiting);
            let message = |id: &String| json!({ "MessageId": id, "ReceiptHandle": id, "Body": id });
            let messages: Vec<_> = ids.iter().chain(&ids).map(message).collect();
            return (200, json!({ "Messages": messages }));
        }
        let entries = request["Entries"].as_array().unwrap().iter().map(|entry| {
            let Some(body) = entry["MessageBody"].as_str() else {
                return json!({ "Id": entry["Id"] });
            };
            waiting.push(format!("copy of {body}"));
            json!({ "Id": entry["Id"], "MessageId": waiting.last(), "MD5OfMessageBody": "" })
        });
        (200, json!({ "Successful": entries.collect::<Vec<_>>(), "Failed": [] }))
    })
}

async fn redrive(aws: &MockAws, interrupt: bool) -> RedriveResult {
    let queue = Queue::of(aws);
    let rate_limit = RateLimit::of(NonZeroU32::new(100).unwrap());
    // The approximate count may be too high; the redrive must still end.
    redrive_messages(&queue, &queue, 50, rate_limit, &Interrupt::fixed(interrupt)).await.unwrap()
}

fn entries(aws: &MockAws, operation: &str) -> Vec<Value> {
    let requests = aws.json_requests(operation).into_iter();
    requests.flat_map(|request| request["Entries"].as_array().cloned().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn returning_poison_is_moved_only_once() {
    let aws = poisonous(&["a", "b"]);
    let RedriveResult { moved, failures } = redrive(&aws, false).await;
    assert_eq!((moved, failures), (2, vec![]));
    let sent = entries(&aws, "SendMessageBatch");
    let sent: Vec<_> = sent.iter().map(|entry| &entry["MessageBody"]).collect();
    assert_eq!(sent, ["a", "b"]);
    let released = entries(&aws, "ChangeMessageVisibilityBatch").len();
    assert!(released >= 2, "what came back stays hidden");
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_before_the_first_step_moves_nothing() {
    let aws = poisonous(&["a"]);
    assert_eq!(redrive(&aws, true).await.moved, 0);
    assert!(entries(&aws, "SendMessageBatch").is_empty());
}

#[tokio::test(start_paused = true)]
async fn standard_queue_takes_no_notice_of_message_groups() {
    let messages = ["a1", "a2", "a3"].map(|id| {
        let attributes = json!({ "MessageGroupId": "a", "AWSTraceHeader": "the-header" });
        json!({ "MessageId": id, "ReceiptHandle": id, "Body": id, "Attributes": attributes })
    });
    let mut messages = Some(messages);
    let aws = MockAws::with_json(move |operation, _| {
        let response = match operation {
            "ReceiveMessage" => json!({ "Messages": messages.take() }),
            "SendMessageBatch" => json!({
                "Successful": [
                    { "Id": "1", "MessageId": "copy of a2", "MD5OfMessageBody": "" },
                    { "Id": "2", "MessageId": "copy of a3", "MD5OfMessageBody": "" },
                ],
                "Failed": [{ "Id": "0", "Code": "InternalError", "SenderFault": false }],
            }),
            _ => json!({ "Successful": [{ "Id": "0" }, { "Id": "1" }], "Failed": [] }),
        };
        (200, response)
    });
    let RedriveResult { moved, failures } = redrive(&aws, false).await;
    assert_eq!((moved, failures.len()), (2, 1));

    let url = "https://sqs.test/1/dlq";
    let receive = json!({
        "QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 120, "WaitTimeSeconds": 1,
        "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"],
    });
    assert_eq!(aws.json_requests("ReceiveMessage"), vec![receive; 3]);
    let trace = json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": "the-header" } });
    let copy = |id: &str, body: &str| json!({ "Id": id, "MessageBody": body, "MessageAttributes": {}, "MessageSystemAttributes": trace });
    let copies = [copy("0", "a1"), copy("1", "a2"), copy("2", "a3")];
    let send = json!({ "QueueUrl": url, "Entries": copies });
    assert_eq!(aws.json_requests("SendMessageBatch"), [send]);
    let original = |id: &str, receipt: &str| json!({ "Id": id, "ReceiptHandle": receipt });
    let delete = json!({ "QueueUrl": url, "Entries": [original("0", "a2"), original("1", "a3")] });
    assert_eq!(aws.json_requests("DeleteMessageBatch"), [delete]);
    let release = json!({
        "QueueUrl": url,
        "Entries": [{ "Id": "0", "ReceiptHandle": "a1", "VisibilityTimeout": 0 }],
    });
    assert_eq!(aws.json_requests("ChangeMessageVisibilityBatch"), [release]);
}

#[test]
fn batches_stay_within_the_sqs_size_limit() {
    let half = BATCH_BYTES / 2;
    let cut = batches(vec![half, half, 1, BATCH_BYTES, 2 * BATCH_BYTES, 1], |bytes| *bytes);
    assert_eq!(cut, [vec![half, half], vec![1], vec![BATCH_BYTES], vec![2 * BATCH_BYTES], vec![1]]);
    assert!(batches(vec![], |bytes| *bytes).is_empty());
}
