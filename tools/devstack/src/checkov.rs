//! The template's security checks: checkov, which knows what AWS's resources should be and says
//! what is not so.

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::Progress;
use crate::python::Locked;
use crate::workspace::root;

/// It lives apart from the tools: what it needs is many times what they do.
const CHECKOV: Locked = Locked {
    folder: "checkov",
    file: "tools/devstack/tools/checkov.txt",
    text: include_str!("../tools/checkov.txt"),
    doing: "Installing checkov into .tools (some minutes, once)",
};

/// Installs it unless it is installed, and has it look at what `.checkov.yaml` names. It asks
/// nobody: it needs no network.
pub async fn checkov(progress: Progress) -> Result<()> {
    let bin = CHECKOV.install(progress).await?;
    let mut checkov = Command::new(bin.join("checkov"));
    // With a key of its maker's it would send them what it finds.
    checkov.current_dir(root()).env_remove("BC_API_KEY").env_remove("PRISMA_API_URL");
    let said = progress.command_output("Checking the template with checkov", &mut checkov).await?;
    // It takes a file that it cannot read for one in which nothing is wrong.
    ensure!(
        said.contains(", Failed checks: 0,"),
        "checkov found nothing in the template to look at:\n\n{said}"
    );
    Ok(())
}
