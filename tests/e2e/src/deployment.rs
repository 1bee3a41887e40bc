//! The stack under test, identified only by its outputs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result};
use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use devstack::{RunningStack, Stack};
use serde::Deserialize;
use serde_json::Value;

/// A deployed stack, with clients for its services.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub(crate) http: reqwest::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    outputs: BTreeMap<String, String>,
    pub(crate) endpoint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

/// How often a message is tried, in all environments but `prod`.
const MAX_RECEIVE_COUNT: u64 = 3;

/// The standard variable for another AWS endpoint.
pub(crate) const ENDPOINT: &str = "AWS_ENDPOINT_URL";

impl Deployment {
    /// The stack whose outputs `sam list stack-outputs --output json` wrote to the file in
    /// `E2E_OUTPUTS`, reached with the standard AWS configuration.
    pub async fn under_test() -> Self {
        Self::from_environment().await.expect("E2E_OUTPUTS names the outputs of a deployed stack")
    }

    async fn from_environment() -> Result<Self> {
        let file = env::var("E2E_OUTPUTS").context("E2E_OUTPUTS is not set")?;
        let outputs = serde_json::from_str(&fs::read_to_string(&file).context(file)?)?;
        Self::connect(outputs, env::var(ENDPOINT).ok()).await
    }

    /// A stack that a test runs itself.
    pub async fn on(running: &RunningStack) -> Result<Self> {
        let mut stack = running.stack.clone();
        stack.outputs = stack.outputs.with_shop_url(running.shop.url());
        Self::of(&stack).await
    }

    /// A stack on an emulator.
    pub async fn of(stack: &Stack) -> Result<Self> {
        Self::connect(serde_json::to_value(&stack.outputs)?, Some(stack.endpoint.clone())).await
    }

    async fn connect(outputs: Value, endpoint: Option<String>) -> Result<Self> {
        let outputs: Vec<Output> = serde_json::from_value(outputs)?;
        // Fails if another test has installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http_client =
            Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mut sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client);
        if let Some(endpoint) = &endpoint {
            sdk = sdk.endpoint_url(endpoint);
        }
        let sdk = sdk.load().await;
        Ok(Self {
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?,
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            sns: aws_sdk_sns::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            outputs: outputs
                .into_iter()
                .map(|output| (output.output_key, output.output_value))
                .collect(),
            endpoint,
        })
    }

    /// One of the template's outputs.
    #[must_use]
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("the stack has no output {name}"))
    }

    /// The endpoint of every AWS service, on an emulator.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_deref().expect("the stack is on an emulator")
    }

    pub(crate) fn output_names(&self) -> impl Iterator<Item = &str> {
        self.outputs.keys().map(String::as_str)
    }

    /// The ARN of a topic that does not exist.
    #[must_use]
    pub fn missing_topic(&self) -> String {
        format!("{}-that-is-not-there", self.output("OrdersTopicArn"))
    }

    /// A function's environment variables from the template, and those that Lambda adds for AWS
    /// access.
    #[must_use]
    pub fn function_variables(&self, function: &str) -> Vec<(String, String)> {
        let subscriber = self.subscribers().into_iter().find(|of| of.function == function);
        let table =
            subscriber.iter().map(|of| ("TABLE".to_owned(), self.output(&of.table()).to_owned()));
        let tries = self.is_fifo() && subscriber.is_some();
        let tries = tries.then(|| ("MAX_RECEIVE_COUNT".to_owned(), MAX_RECEIVE_COUNT.to_string()));
        let outputs = [
            ("ORDERS_TABLE", "OrdersTable"),
            ("FULFILMENT_TABLE", "FulfilmentTable"),
            ("PROMOTION_TABLE", "PromotionTable"),
            ("INVOICING_TABLE", "InvoicingTable"),
            ("IDEMPOTENCY_KEYS_TABLE", "IdempotencyKeysTable"),
            ("ORDERS_TOPIC_ARN", "OrdersTopicArn"),
        ];
        let outputs =
            outputs.map(|(variable, output)| (variable.to_owned(), self.output(output).to_owned()));
        // The template's values, except for the age, so that no test waits for an order to age.
        let outbox = [("OUTBOX_SHARDS", "16"), ("OUTBOX_AGE_SECONDS", "0")];
        let outbox = outbox.map(|(variable, value)| (variable.to_owned(), value.to_owned()));
        let aws = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        let aws = aws.into_iter().filter_map(|name| Some((name.to_owned(), env::var(name).ok()?)));
        let endpoint = self.endpoint.iter().map(|endpoint| (ENDPOINT.to_owned(), endpoint.clone()));
        outputs
            .into_iter()
            .chain(table)
            .chain(tries)
            .chain(outbox)
            .chain(aws)
            .chain(endpoint)
            .collect()
    }
}

/// A release binary from `cargo lambda build`, in the folder that `E2E_BINARIES` names.
#[must_use]
pub fn bootstrap(name: &str) -> PathBuf {
    let folder =
        env::var("E2E_BINARIES").expect("E2E_BINARIES names the folder of the built functions");
    PathBuf::from(folder).join(name).join("bootstrap")
}
