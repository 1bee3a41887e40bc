//! `sam local start-api`: the template's API on loopback, its function in a container.

use anyhow::Result;

use crate::sam;
use crate::server::{Server, folder};
use crate::workspace::root;
use crate::{Progress, SAM_LOCAL, Tools};

/// A running `sam local start-api`. It stops, with its container, when this is dropped.
#[derive(Debug)]
pub struct LocalApi {
    _server: Server,
    url: String,
}

impl LocalApi {
    /// Starts it on a loopback port, for the stack that the
    /// [`DockerBridgeProxy`](crate::DockerBridgeProxy) serves, and waits until the function
    /// responds.
    pub async fn start(tools: &Tools, port: u16, progress: Progress) -> Result<Self> {
        let mut command = sam::sam(tools);
        command
            .args(["local", "start-api", "--port", &port.to_string(), "--config-file"])
            .arg(root().join(SAM_LOCAL));
        let url = format!("http://127.0.0.1:{port}");
        let server = Server::start(
            "sam local start-api",
            command,
            folder()?,
            format!("{url}/openapi.json"),
            progress,
        );
        Ok(Self { _server: server.await?, url })
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
