//! Redrives between FIFO queues.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

use proptest::prelude::*;
use tokio::runtime;

use super::*;

/// A message: its id, which is also its body, and its group.
type Stored = (String, String);

/// A FIFO dead-letter queue, and its source queue, which drops duplicates as SQS does.
struct Sqs {
    dlq: Vec<Stored>,
    hidden: HashSet<String>,
    source: Vec<String>,
    deduplication_ids: Vec<String>,
    /// Whether a receive hides the rest of the groups that it returns messages of.
    hides_groups: bool,
    /// Bodies that the source queue refuses.
    refused: Vec<String>,
    /// Messages that cannot be deleted.
    undeletable: Vec<String>,
    /// Messages that arrive in the dead-letter queue once a copy is sent.
    arriving: Vec<&'static str>,
    /// How many responses to sends are lost.
    lost_responses: u32,
}

/// The group of a message of these tests: its first letter.
fn group_of(id: &str) -> String {
    id[..1].to_owned()
}

impl Sqs {
    fn with(dlq: &[&str]) -> Self {
        Self {
            dlq: dlq.iter().map(|id| ((*id).to_owned(), group_of(id))).collect(),
            hidden: HashSet::new(),
            source: vec![],
            deduplication_ids: vec![],
            hides_groups: true,
            refused: vec![],
            undeletable: vec![],
            arriving: vec![],
            lost_responses: 0,
        }
    }

    fn respond(&mut self, operation: &str, request: &Value) -> (u16, Value) {
        if operation == "ReceiveMessage" {
            let most = request["MaxNumberOfMessages"].as_u64().unwrap();
            return (200, json!({ "Messages": self.receive(usize::try_from(most).unwrap()) }));
        }
        let (mut successful, mut failed) = (vec![], vec![]);
        for entry in request["Entries"].as_array().unwrap() {
            let id = &entry["Id"];
            let is_done = match operation {
                "SendMessageBatch" => self.send(entry),
                "DeleteMessageBatch" => self.delete(entry["ReceiptHandle"].as_str().unwrap()),
                "ChangeMessageVisibilityBatch" => {
                    self.hidden.remove(entry["ReceiptHandle"].as_str().unwrap())
                }
                other => panic!("{other} has no response"),
            };
            if is_done {
                let copy = format!("copy of {}", entry["MessageBody"]).replace('"', "");
                successful.push(json!({ "Id": id, "MessageId": copy, "MD5OfMessageBody": "" }));
            } else {
                let code = "InternalError";
                failed.push(json!({ "Id": id, "Code": code, "SenderFault": false }));
            }
        }
        if operation == "SendMessageBatch" && self.lost_responses > 0 {
            self.lost_responses -= 1;
            return (500, json!({ "__type": "InternalFailure" }));
        }
        (200, json!({ "Successful": successful, "Failed": failed }))
    }

    fn receive(&mut self, most: usize) -> Vec<Value> {
        let hidden = self.dlq.iter().filter(|(id, _)| self.hidden.contains(id));
        let hidden_groups: HashSet<_> = hidden.map(|(_, group)| group.clone()).collect();
        let is_hidden = |(id, group): &&Stored| {
            self.hidden.contains(id) || self.hides_groups && hidden_groups.contains(group)
        };
        let received: Vec<_> =
            self.dlq.iter().filter(|stored| !is_hidden(stored)).take(most).cloned().collect();
        self.hidden.extend(received.iter().map(|(id, _)| id.clone()));
        let message = |(id, group): Stored| {
            let mut attributes = json!({ "MessageGroupId": group });
            if group == "?" {
                attributes = json!({});
            }
            json!({ "MessageId": id, "ReceiptHandle": id, "Body": id, "Attributes": attributes })
        };
        received.into_iter().map(message).collect()
    }

    fn send(&mut self, entry: &Value) -> bool {
        let body = entry["MessageBody"].as_str().unwrap();
        assert_eq!(entry["MessageGroupId"], group_of(body), "it stays in its group");
        if self.refused.iter().any(|refused| refused == body) {
            return false;
        }
        let deduplication_id = entry["MessageDeduplicationId"].as_str().unwrap().to_owned();
        assert!((1..=128).contains(&deduplication_id.len()), "{deduplication_id}");
        if !self.deduplication_ids.contains(&deduplication_id) {
            self.source.push(body.to_owned());
            let arriving = std::mem::take(&mut self.arriving);
            self.dlq.extend(arriving.into_iter().map(|id| {
                let body = id.strip_prefix("copy of ").unwrap_or(id);
                (id.to_owned(), group_of(body))
            }));
        }
        self.deduplication_ids.push(deduplication_id);
        true
    }

    fn delete(&mut self, id: &str) -> bool {
        if self.undeletable.iter().any(|undeletable| undeletable == id) {
            return false;
        }
        self.dlq.retain(|(stored, _)| stored != id);
        self.hidden.remove(id);
        true
    }

    fn left(&self) -> Vec<&str> {
        assert!(self.hidden.is_empty(), "{:?} stay hidden", self.hidden);
        self.dlq.iter().map(|(id, _)| id.as_str()).collect()
    }
}

struct Fixture {
    aws: MockAws,
    sqs: Arc<Mutex<Sqs>>,
}

impl Fixture {
    fn of(sqs: Sqs) -> Self {
        let sqs = Arc::new(Mutex::new(sqs));
        let responder = Arc::clone(&sqs);
        let aws = MockAws::with_json(move |operation, request| {
            responder.lock().unwrap().respond(operation, &request)
        });
        Self { aws, sqs }
    }

    fn sqs(&self) -> MutexGuard<'_, Sqs> {
        self.sqs.lock().unwrap()
    }

    async fn redrive(&self, most: u64, per_second: u32) -> RedriveResult {
        let queue = Queue::fifo_of(&self.aws);
        let rate_limit = RateLimit::of(NonZeroU32::new(per_second).unwrap());
        let interrupt = Interrupt::fixed(false);
        redrive_messages(&queue, &queue, most, rate_limit, &interrupt).await.unwrap()
    }

    /// The bodies of each batch sent.
    fn batches(&self) -> Vec<Vec<String>> {
        let body = |entry: &Value| entry["MessageBody"].as_str().unwrap().to_owned();
        let requests = self.aws.json_requests("SendMessageBatch").into_iter();
        requests
            .map(|request| request["Entries"].as_array().unwrap().iter().map(body).collect())
            .collect()
    }
}

fn problems(failures: &[Failure]) -> Vec<(&str, &str)> {
    let failures = failures.iter();
    failures.map(|failure| (failure.message_id.as_deref().unwrap(), &*failure.problem)).collect()
}

const REFUSED: &str = "not sent, so not deleted: InternalError: no message";
const BEHIND_UNSENT: &str =
    "not sent, so not deleted: a message before it in its message group could not be sent";
const BEHIND_RETURNED: &str =
    "not sent, so not deleted: a message before it in its message group is back in this queue";

#[tokio::test(start_paused = true)]
async fn batch_has_one_message_of_a_group() {
    let fixture = Fixture::of(Sqs::with(&["a1", "a2", "b1", "a3", "b2", "c1"]));
    let RedriveResult { moved, failures } = fixture.redrive(50, 100).await;
    assert_eq!((moved, failures), (6, vec![]));
    assert_eq!(fixture.batches(), [vec!["a1", "b1", "c1"], vec!["a2", "b2"], vec!["a3"]]);
    assert!(fixture.sqs().left().is_empty());
}

#[tokio::test(start_paused = true)]
async fn group_of_many_receives_keeps_its_order_and_the_limit() {
    let ids: Vec<_> = (10..35).map(|number| format!("a{number}")).collect();
    let fixture = Fixture::of(Sqs::with(&ids.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(fixture.redrive(23, 100).await.moved, 23);
    assert_eq!(fixture.sqs().source, ids[..23]);
    assert_eq!(fixture.sqs().left(), ids[23..]);
}

#[tokio::test(start_paused = true)]
async fn unsent_message_keeps_the_rest_of_its_group() {
    let ids = ["a1", "a2", "b1", "a3", "b2", "a4"];
    let fixture = Fixture::of(Sqs { refused: vec!["a2".to_owned()], ..Sqs::with(&ids) });
    let RedriveResult { moved, failures } = fixture.redrive(50, 100).await;
    assert_eq!(moved, 3);
    let expected = [("a2", REFUSED), ("a3", BEHIND_UNSENT), ("a4", BEHIND_UNSENT)];
    assert_eq!(problems(&failures), expected);
    assert_eq!(fixture.sqs().source, ["a1", "b1", "b2"]);
    assert_eq!(fixture.sqs().left(), ["a2", "a3", "a4"]);

    fixture.sqs().refused.clear();
    let RedriveResult { moved, failures } = fixture.redrive(50, 100).await;
    assert_eq!((moved, failures), (3, vec![]));
    assert_eq!(fixture.sqs().source, ["a1", "b1", "b2", "a2", "a3", "a4"]);
}

#[tokio::test(start_paused = true)]
async fn group_stays_blocked_in_later_receives() {
    let sqs = Sqs::with(&["a1", "b1", "a2", "b2"]);
    let fixture = Fixture::of(Sqs { refused: vec!["a1".to_owned()], hides_groups: false, ..sqs });
    let RedriveResult { moved, failures } = fixture.redrive(50, 2).await;
    assert_eq!(moved, 2);
    assert_eq!(problems(&failures), [("a1", REFUSED), ("a2", BEHIND_UNSENT)]);
    assert_eq!(fixture.sqs().left(), ["a1", "a2"]);
}

#[tokio::test(start_paused = true)]
async fn message_does_not_overtake_one_that_returned() {
    let arriving = vec!["copy of a1", "a9"];
    let fixture = Fixture::of(Sqs { arriving, ..Sqs::with(&["a1", "a2", "a3", "a4"]) });
    // The second receive returns a4, the copy of a1 and a9.
    let RedriveResult { moved, failures } = fixture.redrive(50, 3).await;
    assert_eq!(moved, 4, "those before the one that returned are moved");
    assert_eq!(problems(&failures), [("a9", BEHIND_RETURNED)]);
    assert_eq!(fixture.sqs().source, ["a1", "a2", "a3", "a4"]);
    assert_eq!(fixture.sqs().left(), ["copy of a1", "a9"]);
}

#[tokio::test(start_paused = true)]
async fn second_redrive_of_a_message_is_no_duplicate_for_sqs() {
    let fixture = Fixture::of(Sqs { undeletable: vec!["a1".to_owned()], ..Sqs::with(&["a1"]) });
    for _ in 0..2 {
        let RedriveResult { moved, failures } = fixture.redrive(50, 100).await;
        assert_eq!((moved, failures.len()), (0, 1));
    }
    assert_eq!(fixture.sqs().source, ["a1", "a1"], "SQS dropped no copy");
    let [first, second] = fixture.sqs().deduplication_ids.clone().try_into().unwrap();
    assert_ne!(first, second);
}

#[tokio::test(start_paused = true)]
async fn retry_by_the_sdk_is_a_duplicate_for_sqs() {
    let fixture = Fixture::of(Sqs { lost_responses: 1, ..Sqs::with(&["a1", "b1"]) });
    assert_eq!(fixture.redrive(50, 100).await.moved, 2);
    let [first, second] = fixture.aws.json_requests("SendMessageBatch").try_into().unwrap();
    assert_eq!(first, second, "the retry repeats the request");
    assert_eq!(fixture.sqs().source, ["a1", "b1"]);
}

#[tokio::test(start_paused = true)]
async fn message_without_a_group_is_left() {
    let mut sqs = Sqs::with(&["a1", "b1"]);
    sqs.dlq[0].1 = "?".to_owned();
    let fixture = Fixture::of(sqs);
    let RedriveResult { moved, failures } = fixture.redrive(50, 100).await;
    assert_eq!(moved, 1);
    let problem = "not sent, so not deleted: SQS gave it without the message group id that a FIFO queue requires";
    assert_eq!(problems(&failures), [("a1", problem)]);
    assert_eq!(fixture.sqs().source, ["b1"]);
    assert_eq!(fixture.sqs().left(), ["a1"]);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Moved,
    Refused,
    Undeletable,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![18 => Just(Fate::Moved), 1 => Just(Fate::Refused), 1 => Just(Fate::Undeletable)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_group_is_sent_in_order_from_its_start(
        messages in prop::collection::vec(("[abc]", fate()), 0..40),
        per_second in 1..=12_u32,
    ) {
        let number = |(number, (group, fate)): (usize, (String, Fate))| (format!("{group}{number}"), fate);
        let messages: Vec<_> = messages.into_iter().enumerate().map(number).collect();
        let with_fate = |wanted: Fate| -> Vec<_> {
            let chosen = messages.iter().filter(|(_, fate)| *fate == wanted);
            chosen.map(|(id, _)| id.clone()).collect()
        };
        let ids: Vec<_> = messages.iter().map(|(id, _)| id.as_str()).collect();
        let fixture = Fixture::of(Sqs {
            refused: with_fate(Fate::Refused),
            undeletable: with_fate(Fate::Undeletable),
            ..Sqs::with(&ids)
        });
        let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let result = runtime.unwrap().block_on(fixture.redrive(100, per_second));

        let sqs = fixture.sqs();
        let left = sqs.left();
        for group in ["a", "b", "c"] {
            let group: Vec<_> = messages.iter().filter(|(id, _)| id.starts_with(group)).collect();
            let is_of_group = |id: &&String| group.iter().any(|(of_group, _)| of_group == *id);
            let sent: Vec<_> = sqs.source.iter().filter(is_of_group).collect();
            let first: Vec<_> = group.iter().take(sent.len()).map(|(id, _)| id).collect();
            prop_assert_eq!(&sent, &first, "the first messages of the group, in order");
            let rest = &group[sent.len()..];
            prop_assert!(rest.iter().all(|(id, _)| left.contains(&id.as_str())), "nothing is lost");
            let has_failure = group.iter().any(|(_, fate)| *fate != Fate::Moved);
            prop_assert!(has_failure || rest.is_empty(), "a failure elsewhere has no effect");
        }
        prop_assert_eq!(result.moved, u64::try_from(ids.len() - left.len()).unwrap());
        prop_assert_eq!(result.failures.is_empty(), left.is_empty());
    }
}
