//! docs/reports/reliability.md, from the kept results.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use anyhow::Result;
use devstack::root;

use super::faults::{self, Cut, EVERY_TRY, Faults};
use super::mutants::{self, Generated, Mutations, Patch};
use super::reproducible::{Binary, Built, Processor};
use super::{Counts, Of, all, api_fuzz, coupons, fifo, kept, soak};

const PAGE: &str = "docs/reports/reliability.md";

pub(super) fn write() -> Result<()> {
    let mut page = String::from(
        "# Reliability\n\n\
         Written by `cargo xtask verify faults`, `verify soak`, `verify fifo`, `verify coupons`,\n\
         `verify api-fuzz`, `verify mutants` and `verify reproducible` from what they saw, or by\n\
         `cargo xtask verify all`, which runs them all on one commit; not by hand.\n",
    );
    if let Some(Of { commit, result }) = all::last()? {
        let (done, all) = result.progress();
        writeln!(page, "\n## All verifications\n")?;
        writeln!(page, "`cargo xtask verify all` at {commit}: {done} of {all} parts passed.\n")?;
        write!(page, "{}", all::table(&commit, &result))?;
    }
    let patches = kept::<Mutations>(mutants::MUTATIONS)?;
    if let Some(Of { commit, result }) = kept::<Faults>(faults::FILE)? {
        cuts(
            &mut page,
            &commit,
            &result.cuts,
            patches.as_ref().map_or(&[], |of| &of.result.patches),
        )?;
    }
    for (file, title, part) in [
        (soak::FILE, "Soak test", "soak"),
        (fifo::FILE, "Ordered delivery", "fifo"),
        (coupons::FILE, "Races for one coupon", "coupons"),
        (api_fuzz::FILE, "API fuzzing", "api-fuzz"),
    ] {
        if let Some(Of { commit, result }) = kept::<Counts>(file)? {
            counts(&mut page, title, part, &commit, &result.rows)?;
        }
    }
    if let Some(Of { commit, result }) = patches {
        mutations(&mut page, &commit, &result.patches)?;
    }
    if let Some(Of { commit, result }) = kept::<Generated>(mutants::GENERATED)? {
        generated(&mut page, &commit, &result)?;
    }
    for processor in Processor::ALL {
        if let Some(Of { commit, result }) = kept::<Built>(&processor.file())? {
            built(&mut page, processor, &commit, &result)?;
        }
    }
    fs::write(root().join(PAGE), page)?;
    eprintln!("Written: {PAGE}");
    Ok(())
}

fn counts(
    page: &mut String,
    title: &str,
    part: &str,
    commit: &str,
    rows: &[(String, String)],
) -> Result<()> {
    write!(page, "\n## {title}\n\n`cargo xtask verify {part}` at {commit}.\n\n| | |\n|---|--:|\n")?;
    for (what, count) in rows {
        writeln!(page, "| {what} | {count} |")?;
    }
    Ok(())
}

/// A row for each test and call: the injected faults, and what held.
fn cuts(page: &mut String, commit: &str, cuts: &[Cut], patches: &[Patch]) -> Result<()> {
    let mut rows = BTreeMap::<_, BTreeMap<_, Vec<_>>>::new();
    for Cut { place, test, injected, held } in cuts {
        rows.entry((place, test)).or_default().entry(held).or_default().push(&**injected);
    }
    writeln!(page, "\n## Fault injection\n\n`cargo xtask verify faults` at {commit}.\n")?;
    let faults = faults::faults().join(", ");
    writeln!(page, "*Any fault* is each of these: {faults}.\n")?;
    writeln!(
        page,
        "*Answer lost*: the call is executed, and its connection is closed. *Answer withheld*: it is executed, and\n\
         nothing comes back until the time limit.\n"
    )?;
    writeln!(
        page,
        "| Call to AWS | Faults: what held | Test | Mutation it catches |\n|---|---|---|---|"
    )?;
    for ((place, test), outcomes) in rows {
        let outcomes = outcomes
            .iter()
            .map(|(held, injected)| format!("{}: **{held}**", summary(injected).join(", ")));
        let caught = patches.iter().filter(|patch| patch.caught && patch.caught_by == **test);
        let caught: Vec<_> = caught.map(|patch| format!("`{}`", patch.name)).collect();
        let outcomes: Vec<_> = outcomes.collect();
        writeln!(
            page,
            "| {place} | {} | `{test}` | {} |",
            outcomes.join("<br>"),
            caught.join(", ")
        )?;
    }
    Ok(())
}

/// The injected faults, with one word for all of them.
fn summary<'a>(injected: &[&'a str]) -> Vec<&'a str> {
    let mut others = injected.to_vec();
    let mut any = vec![];
    for (suffix, name) in [("", "any fault, once"), (EVERY_TRY, "any fault, at every try")] {
        let all = faults::faults().map(|fault| format!("{fault}{suffix}"));
        if all.iter().all(|fault| injected.contains(&&**fault)) {
            any.push(name);
            others.retain(|fault| !all.iter().any(|of_all| of_all == fault));
        }
    }
    [any, others].concat()
}

fn mutations(page: &mut String, commit: &str, patches: &[Patch]) -> Result<()> {
    writeln!(
        page,
        "\n## Mutation testing with patches\n\n`cargo xtask verify mutants --patches` at {commit}.\n"
    )?;
    writeln!(page, "| `tests/mutations/` | What is broken | Test that fails |\n|---|---|---|")?;
    for Patch { name, what, caught_by, caught } in patches {
        let failed = if *caught { format!("`{caught_by}`") } else { "**none**".to_owned() };
        writeln!(page, "| `{name}` | {what} | {failed} |")?;
    }
    Ok(())
}

fn generated(page: &mut String, commit: &str, found: &Generated) -> Result<()> {
    let Generated { all, caught, unviable, missed, accepted } = found;
    writeln!(
        page,
        "\n## Mutation testing with cargo-mutants\n\n`cargo xtask verify mutants --generated` at {commit}.\n"
    )?;
    writeln!(
        page,
        "Of {all} mutants of the crates, the formats of log lines aside, the tests catch {caught}, {unviable} do not\n\
         compile, {} are missed and {} are accepted.",
        missed.len(),
        accepted.len()
    )?;
    if !missed.is_empty() {
        writeln!(page, "\nMissed:\n")?;
    }
    for mutant in missed {
        writeln!(page, "- `{mutant}`")?;
    }
    if !accepted.is_empty() {
        writeln!(page, "\n| Accepted | Why |\n|---|---|")?;
    }
    for (mutant, reason) in accepted {
        writeln!(page, "| `{mutant}` | {reason} |")?;
    }
    Ok(())
}

fn built(page: &mut String, processor: Processor, commit: &str, built: &Built) -> Result<()> {
    let (name, Built { compiler, functions }) = (processor.name(), built);
    writeln!(page, "\n## Reproducible builds: {name}\n")?;
    writeln!(
        page,
        "`cargo xtask verify reproducible --processor {name}` at {commit}, with {compiler}."
    )?;
    writeln!(
        page,
        "Two builds from nothing, one by `cargo lambda build`, one in another folder by `sam build`, as it is"
    )?;
    writeln!(
        page,
        "deployed. Both had the same `CARGO_HOME`, whose path is in the binaries. Both are these:\n"
    )?;
    writeln!(page, "| Function | Bytes | SHA-256 of `bootstrap` |\n|---|--:|---|")?;
    for (function, Binary { bytes, sha256 }) in functions {
        writeln!(page, "| {function} | {bytes} | `{sha256}` |")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_have_one_name() {
        let once = faults::faults().to_vec();
        assert_eq!(summary(&once), ["any fault, once"]);
        assert_eq!(summary(&[&once[..], &["killed"]].concat()), ["any fault, once", "killed"]);
        assert_eq!(summary(&once[1..]), once[1..]);
        let every = once.iter().map(|fault| format!("{fault}{EVERY_TRY}")).collect::<Vec<_>>();
        let every: Vec<_> = every.iter().map(String::as_str).collect();
        assert_eq!(summary(&every), ["any fault, at every try"]);
    }
}
