//! A function that stores the readings of electricity meters. A meter sends a reading for every
//! interval; a reading that arrives twice is stored once.
//!
//! Build it with `cargo lambda build --release --example meter_readings`, and with `panic = "unwind"`
//! in `[profile.release]`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Deserialize;
use sqs_batch::{LenientSqsEvent, Processor, RecordOutcome, work_deadline};

/// A message's body.
#[derive(Debug, Deserialize)]
struct Reading {
    meter: String,
    /// The start of the interval, in seconds since 1970.
    start: u64,
    minutes: u64,
    watt_hours: u64,
}

/// A row to store: the average power in an interval.
#[derive(Debug)]
struct Power {
    meter: String,
    start: u64,
    watts: u64,
}

/// Stands in for a database whose rows are never replaced.
#[derive(Debug)]
struct Store {
    /// The time that each write takes.
    latency: Duration,
    /// Watts by meter and start of the interval.
    rows: RefCell<BTreeMap<(String, u64), u64>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let milliseconds = env::var("WRITE_MILLISECONDS").map_or(Ok(5), |text| text.parse())?;
    let store = Store { latency: Duration::from_millis(milliseconds), rows: RefCell::default() };
    let key = |reading: &Reading| (reading.meter.clone(), reading.start);
    let commit = async |rows: &[Power]| store.insert(rows).await;
    let processor = Processor::new(decode, key, prepare, commit);
    let handler = async |LambdaEvent { payload, context }: LambdaEvent<LenientSqsEvent>| {
        let outcome = processor.process(payload, work_deadline(&context)).await?;
        for Reading { meter, start, .. } in &outcome.done {
            println!("stored {meter} {start}");
        }
        Ok::<_, Error>(outcome.response)
    };
    lambda_runtime::run(service_fn(handler)).await
}

/// The error of `serde_json` may quote the body, so it is not a reason to log.
fn decode(body: &str) -> Result<Reading, &'static str> {
    serde_json::from_str(body).map_err(|_| "not a reading")
}

/// Has a bug: an interval of no minutes divides by zero.
fn prepare(reading: &Reading) -> Power {
    let Reading { meter, start, minutes, watt_hours } = reading;
    Power { meter: meter.clone(), start: *start, watts: watt_hours * 60 / minutes }
}

impl Store {
    async fn insert(&self, rows: &[Power]) -> Vec<RecordOutcome> {
        tokio::time::sleep(self.latency).await;
        rows.iter().map(|row| self.insert_one(row)).collect()
    }

    fn insert_one(&self, row: &Power) -> RecordOutcome {
        let mut rows = self.rows.borrow_mut();
        let key = (row.meter.clone(), row.start);
        if rows.contains_key(&key) {
            return RecordOutcome::AlreadyDone;
        }
        rows.insert(key, row.watts);
        RecordOutcome::Done
    }
}
