#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod batch_outcome;
mod commit;
mod deadline;
mod fifo;
mod isolation;
mod observer;
mod processor;
mod record;
mod record_outcome;
mod report;
mod sqs_event;
mod standard;
#[cfg(test)]
mod tests;

pub use batch_outcome::{BatchCounts, BatchError, BatchOutcome};
pub use deadline::work_deadline;
pub use observer::Observer;
pub use processor::Processor;
pub use record_outcome::RecordOutcome;
pub use sqs_event::LenientSqsEvent;
