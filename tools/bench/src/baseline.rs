//! The functions of an earlier commit, `tools/bench/baseline.toml`, to compare CPU times with.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use devstack::{Progress, Tools, root};
use serde::Deserialize;
use tokio::process::Command;

use crate::benchmark::{self, Benchmark};

const FILE: &str = "tools/bench/baseline.toml";
const FOLDER: &str = "target/baseline";

/// The commit, and what its functions need beside today's environment.
#[derive(Debug, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) commit: String,
    variables: BTreeMap<String, String>,
}

impl Baseline {
    pub(crate) fn read() -> Result<Self> {
        let text = fs::read_to_string(root().join(FILE)).context(FILE)?;
        toml::from_str(&text).with_context(|| format!("{FILE} is not understood"))
    }

    /// Builds the commit's functions, and returns their benchmarks. Git must have the commit.
    pub(crate) async fn build(&self, tools: &Tools) -> Result<Vec<Benchmark>> {
        let folder = format!("{FOLDER}/{}", self.commit);
        self.extract(&folder).await?;
        devstack::build_apart(tools, &folder, &["orders", "fulfilment"], Progress).await?;
        let mut benchmarks = benchmark::baseline(&root().join(folder).join("target/lambda"))?;
        for benchmark in &mut benchmarks {
            benchmark.variables.extend(self.variables.clone());
        }
        Ok(benchmarks)
    }

    /// Writes the commit's files to a folder. Their modification times are the commit's, so that
    /// cargo builds them once.
    async fn extract(&self, folder: &str) -> Result<()> {
        fs::create_dir_all(root().join(folder))?;
        let archive = format!("{folder}.tar");
        let mut git = Command::new("git");
        git.args(["archive", "--output", &archive, &self.commit]).current_dir(root());
        let what = format!("Reading commit {}, which a shallow clone lacks", self.commit);
        Progress.command(&what, &mut git).await?;
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--file", &archive, "--directory", folder]).current_dir(root());
        Progress.command("Extracting it", &mut tar).await
    }
}
