//! Docker, as far as `sam local` needs it: the daemon, Lambda's image, and the address at which
//! containers reach this machine.

use std::net::Ipv4Addr;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use nix::ifaddrs::getifaddrs;
use tokio::process::Command;

use crate::Progress;
use crate::sam::ARCHITECTURE;

/// A Docker installation whose daemon responds.
#[derive(Clone, Debug)]
pub struct Docker {
    /// The default bridge network.
    pub(crate) bridge: String,
    /// This machine's address on that bridge.
    pub(crate) address: Ipv4Addr,
}

/// The image that the functions run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// Lambda's own image, as AWS publishes it.
    Lambdas,
    /// The stand-in that `.ci/lambda-image` builds under the same name, for machines that cannot
    /// pull it.
    StandIn,
}

impl Docker {
    /// Finds the Docker daemon. The error says why it cannot be used.
    pub async fn find() -> Result<Self> {
        let name = "{{index .Options \"com.docker.network.bridge.name\"}}";
        let bridge =
            docker(&["network", "inspect", "bridge", "--format", name]).await?.trim().to_owned();
        let mut address = getifaddrs()?.filter(|interface| interface.interface_name == bridge);
        let address = address.find_map(|interface| Some(interface.address?.as_sockaddr_in()?.ip()));
        let address = address
            .with_context(|| format!("Docker's bridge {bridge} is no interface of this machine"))?;
        Ok(Self { bridge, address })
    }
}

impl Image {
    /// Finds the image that `sam local` builds upon, and pulls it if it is missing.
    pub async fn find(progress: Progress) -> Result<Self> {
        let image = format!("public.ecr.aws/lambda/provided:al2023-{}", ARCHITECTURE.0);
        let label = "{{index .Config.Labels \"order-fanout.stand-in\"}}";
        let inspect = ["image", "inspect", &image, "--format", label];
        let Ok(label) = docker(&inspect).await else {
            let mut pull = Command::new("docker");
            progress
                .command("Pulling Lambda's image", pull.args(["pull", "--quiet", &image]))
                .await?;
            return Ok(Self::Lambdas);
        };
        Ok(if label.trim().is_empty() { Self::Lambdas } else { Self::StandIn })
    }
}

/// Runs the Docker client and returns its output.
async fn docker(arguments: &[&str]) -> Result<String> {
    let mut docker = Command::new("docker");
    let output = docker.args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.context("docker cannot be started")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8(output.stdout)?)
}
