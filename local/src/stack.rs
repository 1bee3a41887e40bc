//! A deployed stack, known by its outputs.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A stack on the emulator.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The emulator's address.
    pub endpoint: String,
    /// The template's outputs.
    pub outputs: Outputs,
}

/// The template's outputs, as `sam list stack-outputs --output json` prints them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outputs(Vec<Output>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

impl Outputs {
    pub(crate) fn from_sam(json: &str) -> Result<Self> {
        serde_json::from_str(json).context("sam did not print outputs as JSON")
    }

    /// The output of that name.
    pub fn get(&self, name: &str) -> Result<&str> {
        let output = self.0.iter().find(|output| output.output_key == name);
        output.map(|output| output.output_value.as_str()).with_context(|| format!("the stack has no output {name}"))
    }

    /// The outputs with another address of the shop: on this machine it is reached through its front door.
    #[must_use]
    pub fn with_shop_url(mut self, url: &str) -> Self {
        for output in self.0.iter_mut().filter(|output| output.output_key == "ShopUrl") {
            url.clone_into(&mut output.output_value);
        }
        self
    }

    /// The id of the HTTP API, which its address begins with.
    pub(crate) fn api_id(&self) -> Result<&str> {
        let host = self.get("ShopUrl")?.trim_start_matches("https://");
        host.split('.').next().context("the shop's address has a host")
    }
}
