//! The template's security checks, by checkov.

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::Progress;
use crate::python::PythonPackages;
use crate::workspace::root;

/// Installs checkov unless it is installed, and checks what `.checkov.yaml` names. It works
/// offline.
pub async fn checkov(progress: Progress) -> Result<()> {
    let bin = PythonPackages::CHECKOV.install(progress).await?;
    let mut checkov = Command::new(bin.join("checkov"));
    // With its vendor's API key, checkov would upload its findings.
    checkov.current_dir(root()).env_remove("BC_API_KEY").env_remove("PRISMA_API_URL");
    let output =
        progress.command_output("Checking the template with checkov", &mut checkov).await?;
    // checkov reports success for a file that it cannot parse.
    ensure!(
        output.contains(", Failed checks: 0,"),
        "checkov found nothing in the template to look at:\n\n{output}"
    );
    Ok(())
}
