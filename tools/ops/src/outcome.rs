//! Exit codes. `--help` lists them.

use std::process::ExitCode;

/// How a command ended that could report its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Success.
    Fine,
    /// Some work failed.
    Failed,
    /// A confirmation was required but could not be asked for.
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
