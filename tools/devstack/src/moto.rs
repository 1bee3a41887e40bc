//! moto, a second AWS emulator that shares no code with the first. It serves tables, topics and
//! queues only, and runs no function.

use anyhow::Result;
use tokio::process::Command;

use crate::python::PythonPackages;
use crate::server::{Server, folder};
use crate::{Progress, emulator};

/// A running moto server. It stops when this is dropped.
#[derive(Debug)]
pub struct Moto {
    _server: Server,
    port: u16,
}

impl Moto {
    /// Installs moto unless it is installed, starts it on a loopback port and waits until it
    /// responds.
    pub async fn start(port: u16, progress: Progress) -> Result<Self> {
        let bin = PythonPackages::MOTO.install(progress).await?;
        let folder = folder()?;
        let mut command = Command::new(bin.join("moto_server"));
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        let health = format!("{}/moto-api/data.json", emulator::endpoint(port));
        let server = Server::start("the second backend", command, folder, health, progress).await?;
        Ok(Self { _server: server, port })
    }

    /// Its port: the endpoint of every AWS service.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}
