//! The template's security checks, by checkov.

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::Progress;
use crate::deploy_role::DEPLOY_ROLE_TEMPLATE;
use crate::python::PythonPackages;
use crate::template::write_expanded_template;
use crate::workspace::root;

/// How many checks must pass at least. Without the expansion of the loops only 73 are made.
const LEAST_PASSED: u32 = 150;

/// Installs checkov unless it is installed, and checks the expanded template,
/// deploy-role.yaml and samconfig.toml with the settings of `.checkov.yaml`. It works offline.
pub async fn checkov(progress: Progress) -> Result<()> {
    let bin = PythonPackages::CHECKOV.install(progress).await?;
    let mut checkov = Command::new(bin.join("checkov"));
    checkov.arg("--file").arg(write_expanded_template()?);
    checkov.args([DEPLOY_ROLE_TEMPLATE, "samconfig.toml"]);
    // With its vendor's API key, checkov would upload its findings.
    checkov.current_dir(root()).env_remove("BC_API_KEY").env_remove("PRISMA_API_URL");
    let output =
        progress.command_output("Checking the template with checkov", &mut checkov).await?;
    // checkov reports success for a file that it cannot parse.
    ensure!(
        output.contains(", Failed checks: 0,") && passed(&output) >= Some(LEAST_PASSED),
        "checkov made fewer checks of the template than expected:\n\n{output}"
    );
    Ok(())
}

/// The number after `Passed checks: `.
fn passed(output: &str) -> Option<u32> {
    output.split_once("Passed checks: ")?.1.split(',').next()?.parse().ok()
}
