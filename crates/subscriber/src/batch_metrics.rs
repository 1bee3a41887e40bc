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

#[cfg(test)]
mod tests {
    use super::*;
    use metrique_writer::format::Format;
    use metrique_writer_format_emf::Emf;
    use serde_json::{Value, json};

    struct Own;

    impl Entry for Own {
        fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
            writer.value("Own", &5_u64);
        }
    }

    #[test]
    fn batch_metrics_have_each_count_under_its_name() {
        let mut counts = BatchCounts::default();
        (counts.done, counts.already_done, counts.retried, counts.poison) = (1, 2, 3, 4);
        let mut line = vec![];
        let mut emf = Emf::builder("test".to_owned(), vec![vec![]]).build();
        emf.format(&BatchMetrics { counts, own: Own }, &mut line).unwrap();
        let mut document: Value = serde_json::from_slice(&line).unwrap();
        document.as_object_mut().unwrap().remove("_aws");
        let expected = json!({
            "RecordsDone": 1,
            "RecordsAlreadyDone": 2,
            "RecordsRetried": 3,
            "RecordsPoison": 4,
            "Own": 5,
        });
        assert_eq!(document, expected);
    }
}
