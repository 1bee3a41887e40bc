//! What an observer gets.

use serde_json::json;
use tracing::Span;
use tracing::span::Id;

use super::*;
use crate::Observer;

#[derive(Default)]
struct OutcomeRecorder(RefCell<Vec<(String, Option<usize>, RecordOutcome)>>);

impl Observer<usize> for &OutcomeRecorder {
    fn outcome(&self, message_id: &str, key: Option<&usize>, outcome: &RecordOutcome) {
        self.0.borrow_mut().push((message_id.to_owned(), key.copied(), outcome.clone()));
    }
}

#[tokio::test]
async fn observer_gets_each_record_with_its_key_and_reason() {
    let key = |number: &usize| {
        assert_ne!(*number, 5, "on purpose");
        number * 100
    };
    let prepare = |number: &usize| {
        assert_ne!(*number, 4, "on purpose");
        *number
    };
    let commit = async |_: &[usize]| vec![RecordOutcome::Retry("busy".into()), RecordOutcome::Done];
    let recorder = OutcomeRecorder::default();
    let processor = Processor::new(decode, key, prepare, commit).observer(&recorder);
    let bodies = ["1", "2", "1", "{", "4", "5"].map(str::to_owned);
    processor.process(batch(bodies), later()).await.unwrap();

    let retry = || RecordOutcome::Retry("busy".into());
    let poison = |reason: &str| RecordOutcome::Poison(reason.to_owned());
    let expected = [
        (Some(100), retry()),
        (Some(200), RecordOutcome::Done),
        (Some(100), retry()),
        (None, poison(&decode("{").unwrap_err().to_string())),
        (Some(400), poison("preparing it panicked")),
        (None, poison("decoding it panicked")),
    ];
    let expected = expected.into_iter().enumerate();
    let expected: Vec<_> =
        expected.map(|(position, (key, outcome))| (format!("m{position}"), key, outcome)).collect();
    assert_eq!(recorder.0.take(), expected);
}

/// Used by one test only: a thread without a subscriber could disable the span for all threads.
#[derive(Default)]
struct SpanRecorder {
    /// Each `traceparent`, with the id of the span made for it.
    spans: RefCell<Vec<(Option<String>, Option<Id>)>>,
    /// The current span of each call of `outcome`.
    current: RefCell<Vec<Option<Id>>>,
}

impl Observer<usize> for &SpanRecorder {
    fn span(&self, traceparent: Option<&str>) -> Span {
        let span = tracing::error_span!("record");
        self.spans.borrow_mut().push((traceparent.map(str::to_owned), span.id()));
        span
    }

    fn outcome(&self, _message_id: &str, _key: Option<&usize>, _outcome: &RecordOutcome) {
        self.current.borrow_mut().push(Span::current().id());
    }
}

#[tokio::test]
async fn each_record_has_one_span_and_commit_none() {
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry());
    let (decoded, prepared, committed) =
        (RefCell::new(vec![]), RefCell::new(vec![]), RefCell::new(vec![]));
    let decode = |body: &str| {
        decoded.borrow_mut().push(Span::current().id());
        decode(body)
    };
    let prepare = |number: &usize| {
        prepared.borrow_mut().push(Span::current().id());
        *number
    };
    let commit = async |items: &[usize]| {
        committed.borrow_mut().push(Span::current().id());
        all_done(items).await
    };
    let trace = |value: &str| json!({"traceparent": {"stringValue": value, "dataType": "String"}});
    let batch = json!({"Records": [
        {"messageId": "m0", "body": "1", "messageAttributes": trace("first")},
        {"messageId": "m1", "body": "2"},
        {"messageId": "m2", "body": "3", "messageAttributes": trace("third")},
    ]});
    let recorder = SpanRecorder::default();
    let processor = Processor::new(decode, same, prepare, commit).observer(&recorder);
    processor.process(event(&batch.to_string()), later()).await.unwrap();

    let (traces, spans): (Vec<_>, Vec<_>) = recorder.spans.take().into_iter().unzip();
    assert_eq!(traces, [Some("first".to_owned()), None, Some("third".to_owned())]);
    assert!(spans[0].is_some() && spans[0] != spans[1] && spans[1] != spans[2]);
    assert_eq!(decoded.take(), spans);
    assert_eq!(prepared.take(), spans);
    assert_eq!(recorder.current.take(), spans);
    assert_eq!(committed.take(), [None]);
}
