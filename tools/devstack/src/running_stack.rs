//! A stack for tests: an emulator, the deployed template, and the shop's address.

use std::path::Path;

use anyhow::Result;

use crate::{Emulator, HttpProxy, Invocations, Progress, Stack, Tools, deploy_with, free_port};

/// A stack on free ports. It stops when this is dropped.
#[derive(Debug)]
pub struct RunningStack {
    /// The emulator that the template is deployed to.
    pub emulator: Emulator,
    /// The stack.
    pub stack: Stack,
    /// The proxy that serves the shop.
    pub shop: HttpProxy,
}

impl RunningStack {
    /// Starts an emulator and deploys a template to it, with parameters as in [`deploy_with`].
    pub async fn start(
        tools: &Tools,
        template: impl AsRef<Path>,
        parameters: &[&str],
        progress: Progress,
    ) -> Result<Self> {
        Self::start_at(tools, free_port()?, template, parameters, progress).await
    }

    /// Like [`Self::start`], with the emulator on this port.
    pub async fn start_at(
        tools: &Tools,
        port: u16,
        template: impl AsRef<Path>,
        parameters: &[&str],
        progress: Progress,
    ) -> Result<Self> {
        let emulator = Emulator::start(tools, port, Invocations::Deployed, progress).await?;
        let stack = deploy_with(tools, &emulator, template, parameters, progress).await?;
        let shop = HttpProxy::open(&stack, free_port()?).await?;
        Ok(Self { emulator, stack, shop })
    }
}
