//! `cargo xtask verify`: what takes too long for every change. Each part leaves its result in
//! docs/reports/reliability/ and writes docs/reports/reliability.md anew from all of them.

mod api_fuzz;
mod coupons;
mod faults;
mod mutants;
mod page;
mod reproducible;
mod soak;

use std::fs;

use anyhow::{Context, Result};
use devstack::{Progress, Tools, root};
use serde::{Serialize, de::DeserializeOwned};

use crate::git;

/// What to verify.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Part {
    /// Run the fault suite and the outages, and write down what held at each cut (5 minutes).
    Faults,
    /// Drive orders through a stack under random faults, and compare it with what the
    /// customers were answered (5 minutes).
    Soak(soak::Options),
    /// Have pairs of orders race for one coupon each, and see that one of every pair gets it (2
    /// minutes).
    Coupons(coupons::Options),
    /// Fuzz the API with requests made up from its document, and compare every answer with that (20
    /// minutes).
    ApiFuzz(crate::test::api_fuzz::Options),
    /// Break the code on purpose, piece by piece, and see that a test fails each time (half an
    /// hour).
    Mutants(mutants::Options),
    /// Build the functions twice from nothing, and see that both builds are of the same bytes (10
    /// minutes).
    Reproducible(reproducible::Options),
}

pub(crate) async fn verify(part: Part) -> Result<()> {
    let commit = git::commit()?;
    let tools = Tools::install(Progress).await?;
    let outcome = match part {
        Part::Faults => faults::run(&tools, &commit).await,
        Part::Soak(options) => soak::run(&tools, &options, &commit).await,
        Part::Coupons(options) => coupons::run(&tools, &options, &commit).await,
        Part::ApiFuzz(options) => api_fuzz::run(&tools, &options, &commit).await,
        Part::Mutants(options) => mutants::run(&tools, &options, &commit).await,
        Part::Reproducible(options) => reproducible::run(&tools, &options).await,
    };
    // What was kept before a failure is reported as well.
    page::write()?;
    outcome
}

/// A result, and the commit that it is of.
#[derive(Debug, Serialize, serde::Deserialize)]
struct Of<T> {
    commit: String,
    #[serde(flatten)]
    result: T,
}

const RESULTS: &str = "docs/reports/reliability";

fn keep<T: Serialize>(name: &str, commit: &str, result: &T) -> Result<()> {
    let folder = root().join(RESULTS);
    fs::create_dir_all(&folder)?;
    let result = serde_json::to_string_pretty(&Of { commit: commit.to_owned(), result })?;
    fs::write(folder.join(name), result + "\n").context("the result cannot be written")
}

/// A kept result; none where there is no such file yet.
fn kept<T: DeserializeOwned>(name: &str) -> Result<Option<Of<T>>> {
    let file = root().join(RESULTS).join(name);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(
            serde_json::from_str(&text)
                .with_context(|| format!("{} cannot be read", file.display()))?,
        )),
        Err(_) => Ok(None),
    }
}
