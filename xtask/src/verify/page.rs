//! docs/reliability.md, from the kept results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use anyhow::Result;
use local::root;

use super::faults::{self, Cut, Faults};
use super::mutants::{self, Mutants};
use super::soak::{self, Soak};
use super::{Of, kept};

const PAGE: &str = "docs/reliability.md";

pub(super) fn write() -> Result<()> {
    let mut page = String::from(
        "# What holds when things break\n\n\
         Written by `cargo xtask verify faults`, `verify soak` and `verify mutants` from what they saw; not by hand.\n",
    );
    let mutants = kept::<Mutants>(mutants::FILE)?;
    if let Some(Of { commit, result }) = kept::<Faults>(faults::FILE)? {
        cuts(&mut page, &commit, &result.cuts, mutants.as_ref())?;
    }
    if let Some(Of { commit, result }) = kept::<Soak>(soak::FILE)? {
        write!(page, "\n## The soak\n\n`cargo xtask verify soak` at {commit}.\n\n| | |\n|---|--:|\n")?;
        for (what, count) in result.rows {
            writeln!(page, "| {what} | {count} |")?;
        }
    }
    if let Some(Of { commit, result }) = mutants {
        mutations(&mut page, &commit, &result)?;
    }
    fs::write(root().join(PAGE), page)?;
    eprintln!("Written: {PAGE}");
    Ok(())
}

/// A row for each test and cut: all that was injected there, and what held.
fn cuts(page: &mut String, commit: &str, cuts: &[Cut], mutants: Option<&Of<Mutants>>) -> Result<()> {
    let mut rows = BTreeMap::<_, BTreeMap<_, Vec<_>>>::new();
    for Cut { place, test, injected, held } in cuts {
        rows.entry((place, test)).or_default().entry(held).or_default().push(&**injected);
    }
    writeln!(page, "\n## Cut points\n\n`cargo xtask verify faults` at {commit}.\n")?;
    writeln!(page, "| Cut | Injected: what held | Test | Mutation it catches |\n|---|---|---|---|")?;
    for ((place, test), outcomes) in rows {
        let outcomes = outcomes.iter().map(|(held, injected)| format!("{}: **{held}**", injected.join(", ")));
        let caught: BTreeSet<_> = mutants.into_iter().flat_map(|of| &of.result.patches).collect();
        let caught = caught.into_iter().filter(|patch| patch.caught && patch.caught_by.ends_with(&**test));
        let caught: Vec<_> = caught.map(|patch| format!("`{}`", patch.name)).collect();
        let outcomes: Vec<_> = outcomes.collect();
        writeln!(page, "| {place} | {} | `{test}` | {} |", outcomes.join("<br>"), caught.join(", "))?;
    }
    Ok(())
}

fn mutations(page: &mut String, commit: &str, mutants: &Mutants) -> Result<()> {
    writeln!(page, "\n## Mutations\n\n`cargo xtask verify mutants` at {commit}.\n")?;
    writeln!(page, "| `e2e/mutations/` | What is broken | Test that fails |\n|---|---|---|")?;
    for patch in &mutants.patches {
        let failed = if patch.caught { format!("`{}`", patch.caught_by) } else { "**none**".to_owned() };
        writeln!(page, "| `{}` | {} | {failed} |", patch.name, patch.what)?;
    }
    let Some(generated) = &mutants.generated else { return Ok(()) };
    writeln!(
        page,
        "\ncargo-mutants on `domain` and `batch`: {} mutants, {} caught by the tests, {} that do not compile, {} that \
         run for ever and are stopped, {} missed.",
        generated.all,
        generated.caught,
        generated.unviable,
        generated.timed_out,
        generated.missed.len()
    )?;
    for missed in &generated.missed {
        writeln!(page, "- missed: {missed}")?;
    }
    Ok(())
}
