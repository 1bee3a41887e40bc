//! Releases of a deployed stack: a changed parameter, and a release that fails.

use std::collections::BTreeMap;
use std::process::Stdio;

use anyhow::{Context, Result};
use devstack::ProcessGroup;
use serde::Deserialize;

use super::outcome::Outcome;
use super::session::Session;

/// What the alias `live` of each function names.
pub(super) type Live = BTreeMap<String, Version>;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
    pub(super) memory: u32,
}

/// Unlike the template's default.
const MEMORY: u32 = 320;
/// With it no function can start: it trusts the certificates of a file that does not exist.
const BROKEN: (&str, &str) = ("CaBundle", "/var/task/no-such-file.pem");
const GOOD: (&str, &str) = ("CaBundle", "");
/// Only there does traffic move gradually, so that an alarm comes while it moves.
const GRADUAL: (&str, &str) = ("Environment", "prod");
/// Longer than any deployment takes.
const TRAFFIC_SECONDS: &str = "3600";

async fn live(session: &Session) -> Result<Live> {
    session.target.facts("Reading the aliases", &["live", "--stack", &session.stack]).await
}

pub(super) async fn parameter_change(session: &Session) -> Result<Outcome> {
    let before = live(session).await?;
    session.deploy(&session.stack, &[("MemorySize", &MEMORY.to_string())]).await?;
    let outcome = judge_parameter_change(&before, &live(session).await?);
    Ok(match outcome {
        Outcome::Failed(detail) if !session.target.is_aws() => Outcome::NotPossible(format!(
            "the emulator transforms the template before it resolves parameters, unlike AWS by its \
             documentation (decision 17). Seen here: {detail}"
        )),
        outcome => outcome,
    })
}

fn judge_parameter_change(before: &Live, after: &Live) -> Outcome {
    let unchanged = after.iter().filter(|(name, now)| {
        now.memory != MEMORY || before.get(*name).is_none_or(|was| was.version == now.version)
    });
    let unchanged: Vec<_> = unchanged
        .map(|(name, now)| format!("{name} is at version {} with {} MB", now.version, now.memory))
        .collect();
    if unchanged.is_empty() && !after.is_empty() {
        let count = after.len();
        return Outcome::Seen(format!(
            "`live` of all {count} functions names a new version with {MEMORY} MB"
        ));
    }
    Outcome::Failed(format!("MemorySize={MEMORY} was deployed, but {}", unchanged.join(", ")))
}

/// Deploys a release that cannot start, under traffic, which must be undone. Then the same build
/// without the fault.
pub(super) async fn rollback(session: &Session) -> Result<Outcome> {
    let stack = &*session.stack;
    let target = &session.target;
    match target.check("Looking for CodeDeploy", &["code-deploy", "--stack", stack]).await? {
        Outcome::Seen(_) => {}
        Outcome::NotPossible(why) => {
            return Ok(Outcome::NotPossible(format!("CodeDeploy: {why}")));
        }
        other => return Ok(other),
    }
    let orders = format!("{stack}-orders");
    let before =
        live(session).await?.remove(&orders).context("the orders function has an alias")?;
    if under_traffic(session, &[GRADUAL, BROKEN]).await.is_ok() {
        return Ok(Outcome::Failed(
            "a release whose functions cannot start was deployed".to_owned(),
        ));
    }
    let arguments = ["rolled-back", "--stack", stack, "--version", &before.version];
    let rolled_back = match target.check("Looking at the rollback", &arguments).await? {
        Outcome::Seen(detail) => detail,
        other => return Ok(other),
    };
    if let Err(error) = under_traffic(session, &[GRADUAL, GOOD]).await {
        return Ok(Outcome::Failed(format!(
            "{rolled_back}. But then the same bytes failed: {error:#}"
        )));
    }
    let after = live(session).await?.remove(&orders).context("the orders function has an alias")?;
    // So that the tables are not protected any more.
    session.deploy(stack, &[]).await?;
    Ok(Outcome::Seen(format!(
        "with {}={} {rolled_back}. The same bytes without it deployed again, gradually, as version {}",
        BROKEN.0, BROKEN.1, after.version
    )))
}

/// Deploys while orders are placed, without which no alarm would have data.
async fn under_traffic(session: &Session, parameters: &[(&str, &str)]) -> Result<()> {
    let shop = &session.shop()?.url;
    let mut traffic =
        session.target.script(&["traffic", "--shop", shop, "--seconds", TRAFFIC_SECONDS]);
    let _traffic = ProcessGroup::spawn(traffic.stdout(Stdio::null()))?;
    session.deploy(&session.stack, parameters).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(version: &str, memory: u32) -> Live {
        let version = Version { version: version.to_owned(), memory };
        ["orders", "fulfilment"].map(|name| (name.to_owned(), version.clone())).into()
    }

    #[test]
    fn parameter_change_needs_a_new_version_with_the_new_value() {
        assert!(judge_parameter_change(&live("1", 256), &live("2", MEMORY)).is_seen());
        assert!(judge_parameter_change(&live("1", 256), &live("1", 256)).is_failure());
        assert!(judge_parameter_change(&live("1", 256), &live("2", 256)).is_failure());
        assert!(judge_parameter_change(&live("1", 256), &live("1", MEMORY)).is_failure());
        let mut one_behind = live("2", MEMORY);
        one_behind.insert("orders".to_owned(), Version { version: "1".to_owned(), memory: 256 });
        let outcome = judge_parameter_change(&live("1", 256), &one_behind);
        assert!(
            outcome.is_failure() && outcome.detail().contains("orders is at version 1"),
            "{outcome:?}"
        );
        assert!(judge_parameter_change(&Live::new(), &Live::new()).is_failure());
    }
}
