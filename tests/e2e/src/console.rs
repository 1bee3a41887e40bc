//! `ops console`, as a test starts it.

use std::env;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::deployment::ENDPOINT;

/// A running console. It ends when this is dropped.
#[derive(Debug)]
pub struct Console {
    url: String,
    _process: Child,
}

impl Console {
    /// Starts the binary that `E2E_OPS` names on a free port, for the stack that
    /// `ORDER_FANOUT_STACK` names at an AWS endpoint.
    pub async fn start(endpoint: &str, options: &[&str]) -> Self {
        let binary = env::var("E2E_OPS").expect("E2E_OPS names the operator's command");
        let mut command = Command::new(binary);
        command.args(["console", "--port", "0"]).args(options).env(ENDPOINT, endpoint);
        let mut process = command
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the operator's command starts");
        let errors = process.stderr.take().expect("standard error is piped");
        let mut lines = BufReader::new(errors).lines();
        let url = loop {
            let line =
                lines.next_line().await.expect("text").expect("the console prints its address");
            if let Some(address) = line.split_whitespace().find(|word| word.starts_with("http://"))
            {
                break address.to_owned();
            }
        };
        // What it prints later must not block it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url, _process: process }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
