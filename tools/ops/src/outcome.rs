//! Exit codes. `--help` lists them.

use std::fmt;
use std::process::ExitCode;

/// How a command ended that could report its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Success.
    Fine,
    /// Some work failed.
    Failed,
    /// The command line is wrong, or a confirmation was required but could not be asked for.
    Usage,
    /// The result needs an operator's attention.
    NeedsAttention,
    /// Ctrl-C stopped the command.
    Interrupted,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Failed => 1,
            Outcome::Usage => 2,
            Outcome::NeedsAttention => 3,
            Outcome::Interrupted => 130,
        })
    }
}

/// A wrong command line that clap cannot detect, such as a queue that the stack does not have. It has
/// the exit code of one that clap rejects.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl Outcome {
    /// The outcome of a command that ended with this error.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        if error.is::<UsageError>() { Self::Usage } else { Self::Failed }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn usage_error_has_the_outcome_of_a_wrong_command_line() {
        let usage = UsageError("there is no such queue".to_owned());
        assert_eq!(Outcome::of_error(&usage.into()), Outcome::Usage);
        assert_eq!(Outcome::of_error(&anyhow!("SQS failed")), Outcome::Failed);
    }
}
