//! A stack of a test's own, with faults: its functions reach AWS through a fault proxy, may be
//! killed, and the emulator they run in may be restarted.

use anyhow::Result;
use devstack::{Emulator, FaultProxy, HttpProxy, Invocations, Progress, Tools, free_port};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

use crate::Deployment;

/// A running stack with everything that can be done to it. It ends when this is dropped.
#[derive(Debug)]
pub struct FaultStack {
    /// The stack.
    pub shop: Deployment,
    /// What stands between its functions and AWS.
    pub proxy: FaultProxy,
    emulator: Emulator,
    // Held for as long as customers are to come in.
    _http_proxy: HttpProxy,
}

impl FaultStack {
    /// Deploys what `sam build` left, on free ports.
    pub async fn start() -> Result<Self> {
        let tools = Tools::install(Progress).await?;
        let port = free_port()?;
        let proxy = FaultProxy::start(&format!("http://127.0.0.1:{port}")).await?;
        let behind = Invocations::DeployedBehind(proxy.url().to_owned());
        let emulator = Emulator::start(&tools, port, behind, Progress).await?;
        let mut stack =
            devstack::deploy(&tools, &emulator, devstack::BUILT_TEMPLATE, Progress).await?;
        let http_proxy = HttpProxy::open(&stack, free_port()?).await?;
        stack.outputs = stack.outputs.with_shop_url(http_proxy.url());
        Ok(Self { shop: Deployment::of(&stack).await?, proxy, emulator, _http_proxy: http_proxy })
    }

    /// Stops the emulator and starts it again with all it knew.
    pub async fn restart(&mut self) -> Result<()> {
        self.emulator.restart().await
    }

    /// Kills one of the functions that run now, at once, and says whether there was one; `choose`
    /// picks it among so many.
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
