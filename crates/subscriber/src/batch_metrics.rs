//! The metrics of a batch.

use metrique_writer::{Entry, EntryWriter};
use sqs_batch::BatchCounts;
use telemetry::nonzero_count;

/// The metrics of every subscriber, followed by those of one.
pub(crate) struct BatchMetrics<M> {
    pub(crate) counts: BatchCounts,
    pub(crate) own: M,
}

impl<M: Entry> Entry for BatchMetrics<M> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        writer.value("RecordsDone", &nonzero_count(self.counts.done));
        writer.value("RecordsAlreadyDone", &nonzero_count(self.counts.already_done));
        writer.value("RecordsRetried", &nonzero_count(self.counts.retried));
        writer.value("RecordsPoison", &nonzero_count(self.counts.poison));
        self.own.write(writer);
    }
}
