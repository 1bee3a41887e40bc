//! `ops dlq purge`.

use std::fmt;
use std::io::{self, BufRead, IsTerminal};

use anyhow::Result;
use serde::Serialize;

use super::queues::Dlq;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::output::{count, say};

#[derive(Debug, Serialize)]
struct Purged {
    queue: String,
    dry_run: bool,
    /// Approximate, as SQS counts.
    deleted: u64,
}

/// Deletes all messages of a dead-letter queue after the operator has confirmed.
pub(crate) async fn purge(context: &Context, dlq: &Dlq, yes: bool) -> Result<Outcome> {
    let depth = dlq.queue.depth().await?;
    let purged = Purged {
        queue: dlq.name.clone(),
        dry_run: context.dry_run,
        deleted: depth.visible + depth.in_flight,
    };
    if context.dry_run {
        context.output.line(&purged)?;
        return Ok(Outcome::Fine);
    }
    if !yes {
        if !io::stdin().is_terminal() {
            say(
                "Nothing is deleted: without a terminal, the command cannot ask for confirmation. Scripts need --yes.",
            );
            return Ok(Outcome::Usage);
        }
        say(purged.question(context.stack.name(), dlq.queue.is_fifo()));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if answer.trim() != purged.queue {
            say("The name does not match. Nothing is deleted.");
            return Ok(Outcome::Failed);
        }
    }
    dlq.queue.purge().await?;
    context.output.line(&purged)?;
    Ok(Outcome::Fine)
}

impl Purged {
    fn question(&self, stack: &str, is_fifo: bool) -> String {
        let warning = if is_fifo {
            "`ops dlq show` may not have shown all messages: in a FIFO queue, reading hides the rest of a message group.\n"
        } else {
            ""
        };
        let messages = count(self.deleted, "message", "messages");
        format!(
            "{warning}About {messages} of {stack} will be deleted permanently. Type the queue's name to continue ({}):",
            self.queue
        )
    }
}

impl fmt::Display for Purged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let would = if self.dry_run { "would be " } else { "" };
        let messages = count(self.deleted, "message", "messages");
        write!(
            formatter,
            "about {messages} {would}deleted from the dead-letter queue {}",
            self.queue
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifo_question_warns_of_messages_not_shown() {
        let purged = Purged { queue: "promotion".to_owned(), dry_run: false, deleted: 12 };
        let question = "About 12 messages of the-stack will be deleted permanently. Type the queue's name to continue (promotion):";
        assert_eq!(purged.question("the-stack", false), question);
        let fifo_question = purged.question("the-stack", true);
        let (warning, rest) = fifo_question.split_once('\n').unwrap();
        assert!(warning.starts_with("`ops dlq show` may not have shown all"), "{warning}");
        assert_eq!(rest, question);
    }
}
