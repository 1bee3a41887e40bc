//! What the workspace depends on, and the workflows that build and deploy it.

use anyhow::Result;
use devstack::{Progress, SupplyChain};

use crate::sbom::sbom;

/// Fails when something is depended on that deny.toml does not let in or that nothing uses, when
/// what is in the functions cannot be listed, or when a workflow could be made to do what it should
/// not.
pub(crate) async fn test() -> Result<()> {
    let supply = SupplyChain::install(Progress).await?;
    let mut deny = supply.deny();
    // A skip or an exception that nothing needs any more is a warning.
    deny.args(["check", "--deny", "warnings", "bans", "licenses", "sources"]);
    Progress.command("Licences, duplicates and sources of the dependencies", &mut deny).await?;
    advisories(&supply).await?;
    Progress.command("Looking for dependencies that nothing uses", &mut supply.machete()).await?;
    sbom(&supply).await?;
    let mut zizmor = supply.zizmor();
    Progress
        .command("Auditing the workflows", zizmor.args(["--persona", "pedantic", ".github"]))
        .await
}

/// What is known against the dependencies is a database's on GitHub. Without it, no machine can
/// tell, CI's or not.
async fn advisories(supply: &SupplyChain) -> Result<()> {
    let mut fetch = supply.deny();
    if Progress.command("Fetching RustSec's advisories", fetch.args(["fetch", "db"])).await.is_err()
    {
        eprintln!(
            "!! Left out: what is known against the dependencies, as github.com/RustSec cannot be reached"
        );
        return Ok(());
    }
    let mut check = supply.deny();
    check.args(["--offline", "check", "advisories"]);
    Progress.command("Comparing the dependencies with RustSec's advisories", &mut check).await
}
