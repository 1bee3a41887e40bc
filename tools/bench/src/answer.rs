//! The expected outcome of an invocation: a failed one must not be measured.

use anyhow::{Context, Result, bail, ensure};
use lambda_sandbox::Outcome;
use serde_json::Value;

/// What an invocation is expected to return.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// An HTTP response with this status.
    Status(u64),
    /// A batch response without failed records.
    BatchWithoutFailures,
    /// A relay run that found, published and cleared this many orders.
    SweepSummary(u64),
}

impl Expected {
    /// Returns an error unless the outcome is the expected one.
    pub(crate) fn check(self, outcome: &Outcome) -> Result<()> {
        let body = match outcome {
            Outcome::Response(body) => body,
            Outcome::Error(error) => bail!("it failed: {}", String::from_utf8_lossy(error)),
        };
        let answer: Value = serde_json::from_slice(body).context("it did not answer with JSON")?;
        let as_expected = match self {
            Self::Status(status) => answer["statusCode"] == status,
            Self::BatchWithoutFailures => {
                answer["batchItemFailures"].as_array().is_some_and(Vec::is_empty)
            }
            Self::SweepSummary(orders) => {
                ["found", "published", "cleared"].iter().all(|count| answer[count] == orders)
                    && answer["failed"] == 0
            }
        };
        ensure!(as_expected, "it answered {answer}, where {self:?} was expected");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(expected: Expected, answer: &'static str) -> bool {
        expected.check(&Outcome::Response(answer.into())).is_ok()
    }

    #[test]
    fn only_expected_responses_are_accepted() {
        assert!(accepts(Expected::Status(201), r#"{"statusCode":201,"body":"{}"}"#));
        assert!(!accepts(Expected::Status(201), r#"{"statusCode":503}"#));
        assert!(accepts(Expected::BatchWithoutFailures, r#"{"batchItemFailures":[]}"#));
        assert!(!accepts(
            Expected::BatchWithoutFailures,
            r#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#
        ));
        assert!(!accepts(Expected::BatchWithoutFailures, "{}"));
        let swept = r#"{"found":1,"published":1,"cleared":1,"failed":0}"#;
        assert!(accepts(Expected::SweepSummary(1), swept));
        assert!(!accepts(Expected::SweepSummary(2), swept));
        assert!(!accepts(
            Expected::SweepSummary(1),
            r#"{"found":1,"published":1,"cleared":0,"failed":1}"#
        ));
        Expected::BatchWithoutFailures.check(&Outcome::Error("{}".into())).unwrap_err();
    }
}
