//! A deployed stack, identified by its outputs.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use crate::{STACK_NAME, functions, http};

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    environment: Environment,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

/// The environment variables of all functions.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    /// All but `TABLE`. A name that several functions share has the same value in each.
    pub(crate) common: BTreeMap<String, String>,
    /// Each subscriber's `TABLE`, by function.
    pub(crate) tables: BTreeMap<&'static str, String>,
}

const CHECK_EVERY: Duration = Duration::from_secs(1);

impl Stack {
    /// Waits until the stack is deleted, for example by `sam delete`, and returns that as an error.
    pub async fn deletion(&self) -> anyhow::Error {
        let (client, url) = (http::client(), self.configuration_url(functions()[0]));
        while http::status(&client, &url).await != Some(StatusCode::NOT_FOUND) {
            tokio::time::sleep(CHECK_EVERY).await;
        }
        anyhow::anyhow!(
            "the stack {STACK_NAME} was deleted; start `cargo xtask run` again to deploy it"
        )
    }

    /// Whether the stack's function is there.
    pub async fn has_function(&self, function: &str) -> bool {
        let url = self.configuration_url(function);
        http::status(&http::client(), &url).await == Some(StatusCode::OK)
    }

    fn configuration_url(&self, function: &str) -> String {
        format!("{}/2015-03-31/functions/{STACK_NAME}-{function}/configuration", self.endpoint)
    }

    /// The environment variables that the template gave the deployed functions.
    pub(crate) async fn variables(&self) -> Result<Variables> {
        let (client, mut variables) = (http::client(), Variables::default());
        for function in functions() {
            let configuration = http::get_json(&client, &self.configuration_url(function)).await?;
            let configuration = serde_json::from_value::<Configuration>(configuration);
            let mut own = configuration
                .with_context(|| format!("{function} has no variables"))?
                .environment
                .variables;
            if let Some(table) = own.remove("TABLE") {
                variables.tables.insert(*function, table);
            }
            variables.common.extend(own);
        }
        Ok(variables)
    }
}

impl Outputs {
    pub(crate) fn from_sam(json: &str) -> Result<Self> {
        serde_json::from_str(json).context("sam did not print outputs as JSON")
    }

    /// Names and values of all outputs.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|output| (&*output.output_key, &*output.output_value))
    }

    /// The output with this name.
    pub fn get(&self, name: &str) -> Result<&str> {
        let output = self.0.iter().find(|output| output.output_key == name);
        output
            .map(|output| output.output_value.as_str())
            .with_context(|| format!("the stack has no output {name}"))
    }

    /// The subscribers, by the common prefix of their outputs: `Fulfilment`.
    pub(crate) fn subscribers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|output| output.output_key.strip_suffix("QueueUrl"))
    }

    /// The outputs with the shop's URL replaced by that of the local
    /// [`HttpProxy`](crate::HttpProxy).
    #[must_use]
    pub fn with_shop_url(mut self, url: &str) -> Self {
        for output in self.0.iter_mut().filter(|output| output.output_key == "ShopUrl") {
            url.clone_into(&mut output.output_value);
        }
        self
    }

    /// The id of the HTTP API, the first part of its host name.
    pub(crate) fn api_id(&self) -> Result<&str> {
        let host = self.get("ShopUrl")?.trim_start_matches("https://");
        host.split('.').next().context("the shop's address has a host")
    }
}
