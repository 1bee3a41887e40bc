//! Removes the stacks, and looks for what is left of them.

use std::collections::BTreeMap;

use anyhow::Result;
use devstack::Progress;
use serde::Deserialize;

use super::outcome::Outcome;
use super::target::Target;

#[derive(Deserialize)]
struct Settled {
    exists: bool,
}

/// Names by kind.
type Leftovers = BTreeMap<String, Vec<String>>;

/// Deletes the stacks, whatever state they are in.
pub(super) async fn delete(target: &Target, stacks: &[&str]) -> Outcome {
    let (mut problems, mut left) = (vec![], Leftovers::new());
    for stack in stacks {
        if let Err(error) = delete_stack(target, stack).await {
            problems.push(format!("{stack}: {error:#}"));
        }
        let arguments = ["leftovers", "--stack", stack];
        match target.facts::<Leftovers>("Looking for what is left", &arguments).await {
            Ok(found) => found.into_iter().for_each(|(kind, names)| {
                left.entry(kind).or_default().extend(names);
            }),
            Err(error) => problems.push(format!("what is left of {stack} is not known: {error:#}")),
        }
    }
    judge(problems, &left)
}

async fn delete_stack(target: &Target, stack: &str) -> Result<()> {
    let what = format!("Waiting for {stack}");
    let settled: Settled = target.facts(&what, &["settle", "--stack", stack]).await?;
    if settled.exists {
        let mut delete = target.sam();
        delete.args(["delete", "--no-prompts", "--stack-name", stack]);
        Progress.command(&format!("Deleting {stack}"), &mut delete).await?;
    }
    let what = format!("Deleting the tables that {stack} leaves");
    let _: serde_json::Value = target.facts(&what, &["tables", "--stack", stack]).await?;
    Ok(())
}

fn judge(mut problems: Vec<String>, left: &Leftovers) -> Outcome {
    problems.extend(left.iter().map(|(kind, names)| format!("{kind} left: {}", names.join(", "))));
    if problems.is_empty() {
        return Outcome::Seen(
            "no stack, function, table, queue, topic, log group, alarm, role, API or schedule with the \
             stacks' names is left. SAM's bucket stays; AWS deletes the alarm keys after seven days, and \
             metrics when they are old"
                .to_owned(),
        );
    }
    Outcome::Failed(problems.join("; "))
}

/// What a person can do where [`delete`] could not.
pub(super) fn commands(stacks: &[&str]) -> String {
    let of = |stack: &&str| {
        format!(
            "sam delete --stack-name {stack} --no-prompts\n\
             aws dynamodb list-tables --query 'TableNames[?starts_with(@, `{stack}-`)]'    # and for each:\n\
             aws dynamodb update-table --no-deletion-protection-enabled --table-name TABLE\n\
             aws dynamodb delete-table --table-name TABLE\n\
             aws sqs list-queues --queue-name-prefix {stack}-    # and for each: aws sqs delete-queue --queue-url URL\n"
        )
    };
    stacks.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_left_is_a_failure_that_names_it() {
        assert!(judge(vec![], &Leftovers::new()).is_seen());
        let left = [("queues".to_owned(), vec!["q1".to_owned(), "q2".to_owned()])].into();
        let outcome = judge(vec![], &left);
        assert_eq!(outcome, Outcome::Failed("queues left: q1, q2".to_owned()));
        assert!(judge(vec!["sam delete failed".to_owned()], &Leftovers::new()).is_failure());
    }

    #[test]
    fn commands_name_every_stack() {
        let commands = commands(&["one", "two"]);
        for stack in ["one", "two"] {
            assert!(commands.contains(&format!("sam delete --stack-name {stack} ")), "{commands}");
        }
    }
}
