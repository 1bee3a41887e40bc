//! Checks of the dependencies, and of the workflows that build and deploy.

use anyhow::Result;
use devstack::{Progress, SupplyChain};

use crate::sbom::sbom;

/// Fails when deny.toml rejects a dependency, when nothing uses a dependency, when a function's
/// bill of materials cannot be generated, or when zizmor finds a workflow insecure.
pub(crate) async fn test() -> Result<()> {
    let supply = SupplyChain::install(Progress).await?;
    let mut deny = supply.deny();
    // A skip or exception that is no longer needed is only a warning by default.
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

/// Advisories are in a database on GitHub. Without network access the check is skipped, even in
/// continuous integration.
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
