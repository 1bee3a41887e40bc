//! A part of a slow lane: the functions in Lambda's own container, as the SAM CLI runs them there for a user of
//! `cargo xtask run --built --containers`. What is expected of them is what the end-to-end tests expect.

use anyhow::Result;
use devstack::{Docker, Image, LocalApi, Progress, SAM_LOCAL, Stack, Tools, root};

use super::stack::{Suite, Tests};
use crate::missing::skip;

/// Whether this machine can run them. If not it is said, unless it must.
pub(super) async fn can_run() -> Result<bool> {
    match image().await {
        Ok(Image::Lambdas) => Ok(true),
        Ok(Image::StandIn) => {
            eprintln!("!! Not in Lambda's image but in a stand-in, which is Debian (.ci/lambda-image)");
            Ok(true)
        }
        Err(why) => {
            skip(&format!("sam local needs Docker and Lambda's image; doctor says how to get them: {why:#}"))?;
            Ok(false)
        }
    }
}

async fn image() -> Result<Image> {
    Docker::find().await?;
    Image::find(Progress).await
}

/// Every sample goes through `sam local invoke`, and an order its whole way through `sam local start-api`; the queues'
/// consumers are those of the stack.
pub(super) async fn carry_orders_out(tools: &Tools, stack: &Stack, shop: &str, aws_port: u16) -> Result<()> {
    let mut samples = Tests::of(tools, stack, shop, aws_port, Suite::Samples)?;
    samples.command.env("E2E_SAM_CONFIG", root().join(SAM_LOCAL));
    samples.run().await?;
    let api = LocalApi::start(tools, devstack::free_port()?, Progress).await?;
    Tests::of(tools, stack, api.url(), aws_port, Suite::OneOrder)?.run().await
}
