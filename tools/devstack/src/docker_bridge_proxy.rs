//! Lets `sam local` run the functions in containers on the local stack: a proxy from Docker's
//! bridge to the emulator, which listens on loopback only, and a configuration file with the
//! proxy's address and the table names (docs/adr/0015).

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use crate::sam::ARCHITECTURE;
use crate::stack::Variables;
use crate::template::write_expanded_built_template;
use crate::workspace::root;
use crate::{Docker, Stack, resource, tcp};

/// A running proxy. It stops when this is dropped.
#[derive(Debug)]
pub struct DockerBridgeProxy {
    accepting: JoinHandle<()>,
}

/// The file for `--config-file` of `sam local invoke` and `sam local start-api`, below the
/// repository's top folder.
pub const SAM_LOCAL: &str = "target/sam-local.toml";

const VARIABLES: &str = "target/sam-local.json";
const EXPANDED: &str = "target/sam-local.yaml";
/// The listen backlog: connections waiting to be accepted.
const BACKLOG: u32 = 64;

impl DockerBridgeProxy {
    /// Starts a proxy to a stack and writes the SAM CLI's configuration file.
    pub async fn open(docker: &Docker, stack: &Stack) -> Result<Self> {
        let emulator = stack.endpoint.trim_start_matches("http://").parse::<SocketAddr>();
        let emulator = emulator.with_context(|| format!("{} is no address", stack.endpoint))?;
        let listener =
            listen(docker).with_context(|| format!("nothing can listen on {}", docker.bridge))?;
        let url = format!("http://{}", listener.local_addr()?);

        let Variables { mut common, tables } = stack.variables().await?;
        common.insert("AWS_ENDPOINT_URL".to_owned(), url);
        // Otherwise the shell's value, a path on this machine, would reach the container.
        common.entry("AWS_CA_BUNDLE".to_owned()).or_default();
        let mut variables = json!({ "Parameters": common });
        for (function, table) in tables {
            variables[resource(function)] = json!({ "TABLE": table });
        }
        fs::create_dir_all(root().join("target"))?;
        fs::write(root().join(VARIABLES), serde_json::to_string_pretty(&variables)?)?;
        write_expanded_built_template(&root().join(EXPANDED))?;
        fs::write(root().join(SAM_LOCAL), configuration())?;
        Ok(Self { accepting: tokio::spawn(tcp::forward(listener, emulator)) })
    }
}

impl Drop for DockerBridgeProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Without `skip_pull_image` every invocation asks a registry for a newer image, and fails when
/// offline. Without warm containers every request starts one. The shop's own port is 3000. The
/// authoriser must go: even when its condition excludes it, it keeps the API from starting.
/// `start-api` needs the expanded template, because the SAM CLI's own expansion makes texts of
/// references, and then the API's routes have no function.
fn configuration() -> String {
    format!(
        r#"version = 0.1

[default.global.parameters]
env_vars = '{}'
parameter_overrides = "Architecture={}"
region = "us-east-1"
skip_pull_image = true
language_extensions = true

[default.local_start_api.parameters]
port = 3001
template_file = '{}'
language_extensions = false
warm_containers = "LAZY"
disable_authorizer = true
"#,
        root().join(VARIABLES).display(),
        ARCHITECTURE.0,
        root().join(EXPANDED).display()
    )
}

/// Listens on the bridge only. A connection from another machine arrives on another interface and
/// is refused.
fn listen(docker: &Docker) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    #[cfg(target_os = "linux")]
    socket.bind_device(Some(docker.bridge.as_bytes()))?;
    socket.bind((docker.address, 0).into())?;
    Ok(socket.listen(BACKLOG)?)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn proxy_listens_only_on_the_bridge() {
        let nowhere = Docker { bridge: "no-bridge".to_owned(), address: Ipv4Addr::LOCALHOST };
        assert!(listen(&nowhere).is_err());
    }
}
