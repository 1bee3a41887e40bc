//! Counts of a batch's outcomes.

use std::time::Duration;

use metrique_writer::{Entry, EntryWriter};
use telemetry::nonzero_count;

use crate::RecordOutcome;

/// Counts of a batch's outcomes, by message. `ages` is by order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchCounts {
    done: u64,
    already_done: u64,
    retried: u64,
    poison: u64,
    /// For each order newly done in this batch, the time since it was placed. Orders are placed at
    /// whole seconds.
    pub ages: Vec<Duration>,
}

impl BatchCounts {
    /// The number of messages reported to SQS as failed.
    pub(crate) fn failures(&self) -> u64 {
        self.retried + self.poison
    }

    pub(crate) fn record(&mut self, outcome: &RecordOutcome) {
        match outcome {
            RecordOutcome::Done => self.done += 1,
            RecordOutcome::AlreadyDone => self.already_done += 1,
            RecordOutcome::Retry(_) => self.retried += 1,
            RecordOutcome::Poison(_) => self.poison += 1,
        }
    }
}

impl Entry for BatchCounts {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        let Self { done, already_done, retried, poison, ages: _ } = *self;
        writer.value("RecordsDone", &nonzero_count(done));
        writer.value("RecordsAlreadyDone", &nonzero_count(already_done));
        writer.value("RecordsRetried", &nonzero_count(retried));
        writer.value("RecordsPoison", &nonzero_count(poison));
    }
}

/// The metrics of every subscriber, followed by those of one.
pub(crate) struct Combined<'a, M>(pub(crate) &'a BatchCounts, pub(crate) M);

impl<M: Entry> Entry for Combined<'_, M> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        self.0.write(writer);
        self.1.write(writer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_increments_its_own_count() {
        let mut counts = BatchCounts::default();
        let (retry, poison) =
            (RecordOutcome::Retry(String::new()), RecordOutcome::Poison(String::new()));
        for (outcome, times) in
            [(RecordOutcome::Done, 1), (RecordOutcome::AlreadyDone, 2), (retry, 3), (poison, 4)]
        {
            (0..times).for_each(|_| counts.record(&outcome));
        }
        assert_eq!(
            counts,
            BatchCounts { done: 1, already_done: 2, retried: 3, poison: 4, ages: vec![] }
        );
    }
}
