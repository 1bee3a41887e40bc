//! How a command ends, as scripts see it. `--help` lists the codes.

use std::process::ExitCode;

/// The end of a command that could say what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Fine,
    /// Something was not done.
    Failed,
    /// The question before the deed could not be asked.
    Usage,
    /// What was found needs a person.
    NeedsAttention,
    /// Ctrl-C came first.
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
