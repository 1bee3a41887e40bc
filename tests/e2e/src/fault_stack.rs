//! A stack for one test, with fault injection: its functions reach AWS through a fault proxy and
//! can be killed, and the emulator can be restarted.

use std::sync::Arc;

use anyhow::Result;
use devstack::{
    Emulator, FaultProxy, FunctionClock, HttpProxy, Invocations, Progress, Tools, free_port,
};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

use crate::Deployment;

/// A running stack with fault injection. It stops when this is dropped.
#[derive(Debug)]
pub struct FaultStack {
    /// The stack.
    pub shop: Deployment,
    /// The proxy between its functions and AWS.
    pub proxy: FaultProxy,
    emulator: Emulator,
    clock: Option<Arc<FunctionClock>>,
    // Kept alive so that customers can reach the shop.
    _http_proxy: HttpProxy,
}

impl FaultStack {
    /// Deploys the output of `sam build`, on free ports, with parameters such as `Fifo=true`.
    pub async fn start(parameters: &[&str]) -> Result<Self> {
        Self::start_with(parameters, None).await
    }

    /// Like [`Self::start`], with a clock for the functions that [`Self::step_clock`] steps.
    pub async fn start_with_clock(parameters: &[&str]) -> Result<Self> {
        Self::start_with(parameters, Some(Arc::new(FunctionClock::find()?))).await
    }

    async fn start_with(parameters: &[&str], clock: Option<Arc<FunctionClock>>) -> Result<Self> {
        let tools = Tools::install(Progress).await?;
        let port = free_port()?;
        let proxy = FaultProxy::start(&format!("http://127.0.0.1:{port}")).await?;
        let proxied =
            Invocations::DeployedBehind { proxy: proxy.url().to_owned(), clock: clock.clone() };
        let emulator = Emulator::start(&tools, port, proxied, Progress).await?;
        let template = devstack::BUILT_TEMPLATE;
        let mut stack =
            devstack::deploy_with(&tools, &emulator, template, parameters, Progress).await?;
        let http_proxy = HttpProxy::open(&stack, free_port()?).await?;
        stack.outputs = stack.outputs.with_shop_url(http_proxy.url());
        Ok(Self {
            shop: Deployment::of(&stack).await?,
            proxy,
            emulator,
            clock,
            _http_proxy: http_proxy,
        })
    }

    /// Stops the emulator and starts it again with its state.
    pub async fn restart(&mut self) -> Result<()> {
        self.emulator.restart().await
    }

    /// Steps the functions' clock to this many seconds after the real time, or before it. Does nothing
    /// without a clock, and returns whether there is one.
    pub fn step_clock(&self, seconds: i64) -> Result<bool> {
        let Some(clock) = &self.clock else { return Ok(false) };
        clock.step_to(seconds)?;
        Ok(true)
    }

    /// Kills one running function, if any, and returns whether there was one. `choose` gets their
    /// number and picks an index.
    pub fn kill_a_function(&self, choose: impl FnOnce(usize) -> usize) -> bool {
        let Some(emulator) = self.emulator.process_id() else { return false };
        let mut system = System::new_with_specifics(RefreshKind::nothing());
        system.refresh_processes_specifics(
            ProcessesToUpdate::All,
            true,
            ProcessRefreshKind::nothing(),
        );
        let functions: Vec<_> = system
            .processes()
            .values()
            .filter(|process| {
                process.parent() == Some(Pid::from_u32(emulator)) && process.name() == "bootstrap"
            })
            .filter(|process| process.thread_kind().is_none())
            .collect();
        !functions.is_empty() && functions[choose(functions.len())].kill()
    }
}
