//! Records whose bodies say what goes wrong with them, and a processor that does it.

use std::cell::RefCell;
use std::future::pending;
use std::panic;
use std::sync::Once;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use sqs_batch::{BatchError, BatchOutcome, Observer, Processor, RecordOutcome};
use tokio::time::{Duration, Instant, sleep};

pub(crate) const CHUNK: usize = 3;
const PANIC: &str = "on purpose";

/// What goes wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    DoneBefore,
    Busy,
    Refused,
    Undecodable,
    NoBody,
    DecodePanic,
    KeyPanic,
    PreparePanic,
    /// The commit of its chunk panics.
    CommitPanic,
    /// The commit of its chunk never ends.
    CommitHangs,
    /// The commit of its chunk returns an outcome too few.
    OutcomeMissing,
    /// The commit of its chunk returns an outcome too many.
    OutcomeExtra,
}

const FAULTS: [Fault; 13] = [
    Fault::None,
    Fault::DoneBefore,
    Fault::Busy,
    Fault::Refused,
    Fault::Undecodable,
    Fault::NoBody,
    Fault::DecodePanic,
    Fault::KeyPanic,
    Fault::PreparePanic,
    Fault::CommitPanic,
    Fault::CommitHangs,
    Fault::OutcomeMissing,
    Fault::OutcomeExtra,
];

impl Fault {
    pub(crate) fn reaches_commit(self) -> bool {
        use Fault::{DecodePanic, KeyPanic, NoBody, PreparePanic, Undecodable};
        !matches!(self, Undecodable | NoBody | DecodePanic | KeyPanic | PreparePanic)
    }

    pub(crate) fn fails_chunk(self) -> bool {
        use Fault::{CommitHangs, CommitPanic, OutcomeExtra, OutcomeMissing};
        matches!(self, CommitPanic | CommitHangs | OutcomeMissing | OutcomeExtra)
    }

    /// The outcome of a record with this fault in a chunk whose commit works.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::None => "done",
            Self::DoneBefore => "already done",
            Self::Busy => "retry",
            _ => "poison",
        }
    }
}

impl Arbitrary for Fault {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    /// Every second record is fine, so that most chunks are committed.
    fn arbitrary_with((): ()) -> Self::Strategy {
        let any_fault = any::<Index>().prop_map(|index| *index.get(&FAULTS));
        prop_oneof![Just(Self::None), any_fault].boxed()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: Option<String>,
    pub(crate) key: u32,
    pub(crate) fault: Fault,
}

/// Batches with repeated keys, and ids that are repeated or malformed, and sometimes `missing`.
pub(crate) fn records(missing: bool) -> impl Strategy<Value = Vec<Record>> {
    let id = prop_oneof![
        8 => any::<u64>().prop_map(|id| Some(format!("{id:016x}"))),
        2 => "[a-c]".prop_map(Some),
        1 => "\\PC{1,9}".prop_map(Some),
        1 => "[\\s\"\\\\\u{0}]{1,3}".prop_map(Some),
        u32::from(missing) => Just(None),
        u32::from(missing) => Just(Some(String::new())),
    ];
    let record = (id, 0_u32..12, any::<Fault>());
    let record = record.prop_map(|(id, key, fault)| Record { id, key, fault });
    prop::collection::vec(record, 0..20)
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// The record's position in the batch.
    pub(crate) position: usize,
    pub(crate) key: u32,
    fault: Fault,
}

/// The body of a record.
pub(crate) fn body(position: usize, key: u32, fault: Fault) -> Option<String> {
    match fault {
        Fault::NoBody => None,
        Fault::Undecodable => Some("{".to_owned()),
        _ => {
            let number = FAULTS.iter().position(|known| *known == fault)?;
            Some(format!("{position} {key} {number}"))
        }
    }
}

fn decode(body: &str) -> Result<Event, &'static str> {
    let numbers: Result<Vec<u32>, _> = body.split(' ').map(str::parse).collect();
    let Ok([position, key, fault]) = numbers.as_deref() else { return Err("not three numbers") };
    let fault = *FAULTS.get(*fault as usize).ok_or("no fault")?;
    assert_not(fault, Fault::DecodePanic);
    Ok(Event { position: *position as usize, key: *key, fault })
}

fn assert_not(fault: Fault, panicking: Fault) {
    if fault == panicking {
        panic::panic_any(PANIC);
    }
}

async fn commit(
    started: &RefCell<Vec<Chunk>>,
    committed: &RefCell<Vec<u32>>,
    events: &[Event],
) -> Vec<RecordOutcome> {
    started.borrow_mut().push(Chunk { start: Instant::now(), events: events.to_vec() });
    sleep(Duration::from_millis(1)).await;
    let has = |fault| events.iter().any(|event| event.fault == fault);
    if has(Fault::CommitHangs) {
        pending::<()>().await;
    }
    if has(Fault::CommitPanic) {
        panic::panic_any(PANIC);
    }
    committed.borrow_mut().extend(events.iter().map(|event| event.key));
    let outcome = |event: &Event| match event.fault {
        Fault::DoneBefore => RecordOutcome::AlreadyDone,
        Fault::Busy => RecordOutcome::Retry("busy".to_owned()),
        Fault::Refused => RecordOutcome::Poison("refused".to_owned()),
        _ => RecordOutcome::Done,
    };
    let mut outcomes: Vec<_> = events.iter().map(outcome).collect();
    if has(Fault::OutcomeExtra) {
        outcomes.push(RecordOutcome::Done);
    } else if has(Fault::OutcomeMissing) {
        outcomes.remove(0);
    }
    outcomes
}

/// What came of a batch.
pub(crate) struct Outcomes {
    pub(crate) outcome: Result<BatchOutcome<Event>, BatchError>,
    /// Each record's message id and outcome, as the observer saw them.
    pub(crate) observed: Vec<(String, RecordOutcome)>,
    /// The chunks whose commit began.
    pub(crate) started: Vec<Chunk>,
    /// The keys of all items whose commit came to its end.
    pub(crate) committed: Vec<u32>,
}

pub(crate) struct Chunk {
    /// Equal for the chunks that are committed concurrently.
    pub(crate) start: Instant,
    pub(crate) events: Vec<Event>,
}

struct Seen<'a>(&'a RefCell<Vec<(String, RecordOutcome)>>);

impl Observer<u32> for Seen<'_> {
    fn outcome(&self, message_id: &str, _key: Option<&u32>, outcome: &RecordOutcome) {
        self.0.borrow_mut().push((message_id.to_owned(), outcome.clone()));
    }
}

/// Processes a batch of a standard queue.
pub(crate) fn process(batch: &[Record]) -> Outcomes {
    let record = |(position, Record { id, key, fault }): (usize, &Record)| json!({"messageId": id, "body": body(position, *key, *fault)});
    let records: Vec<_> = batch.iter().enumerate().map(record).collect();
    process_json(&records, None)
}

/// Processes a batch, with a clock that jumps to the next timer.
pub(crate) fn process_json(records: &[Value], max_receive_count: Option<u32>) -> Outcomes {
    silence_expected_panics();
    let batch = serde_json::from_value(json!({ "Records": records })).expect("an SQS event");
    let (observed, started, committed) =
        (RefCell::default(), RefCell::default(), RefCell::default());
    let key = |event: &Event| {
        assert_not(event.fault, Fault::KeyPanic);
        event.key
    };
    let prepare = |event: &Event| {
        assert_not(event.fault, Fault::PreparePanic);
        event.clone()
    };
    let commit = async |events: &[Event]| commit(&started, &committed, events).await;
    let processor = Processor::new(decode, key, prepare, commit);
    let mut processor = processor.chunk_size(CHUNK).observer(Seen(&observed));
    if let Some(receives) = max_receive_count {
        processor = processor.max_receive_count(receives);
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime starts");
    let outcome = runtime.block_on(async {
        processor.process(batch, Instant::now() + Duration::from_secs(1)).await
    });
    Outcomes {
        outcome,
        observed: observed.take(),
        started: started.take(),
        committed: committed.take(),
    }
}

/// Prints other panics only: thousands are expected here.
fn silence_expected_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref::<&str>() != Some(&PANIC) {
                print(panic);
            }
        }));
    });
}
