//! A deployed stack, identified by its outputs.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow, ensure};
use aws_client::sdk_error_message;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;

/// The stack of `cargo xtask run`.
pub(crate) const LOCAL: &str = "order-fanout-local";

/// A stack's outputs.
#[derive(Debug)]
pub(crate) struct Stack {
    name: String,
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Reads the stack's outputs from CloudFormation.
    pub(crate) async fn read(sdk: &SdkConfig, name: &str) -> Result<Self> {
        let answer = Client::new(sdk).describe_stacks().stack_name(name).send().await;
        let answer = answer.map_err(|error| {
            let (place, check) = match (sdk.endpoint_url(), sdk.region()) {
                (Some(endpoint), _) => (format!("at {endpoint}"), "that something answers there (--local has --aws-port)"),
                (None, Some(region)) => (format!("in {region}"), "AWS_PROFILE and AWS_REGION"),
                (None, None) => ("anywhere".to_owned(), "AWS_REGION, as no region is set"),
            };
            anyhow!(
                "the stack {name} cannot be read {place}: {}\nName another with --stack or ORDER_FANOUT_STACK, and check \
                 {check}; --local is the stack of `cargo xtask run`",
                sdk_error_message(&error)
            )
        })?;
        let stack = answer.stacks.unwrap_or_default().into_iter().next();
        let outputs =
            stack.with_context(|| format!("CloudFormation does not describe {name}"))?.outputs;
        let outputs = outputs.unwrap_or_default().into_iter();
        let outputs =
            outputs.filter_map(|output| Some((output.output_key?, output.output_value?))).collect();
        Ok(Self { name: name.to_owned(), outputs })
    }

    /// The stack's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// One of the template's outputs.
    pub(crate) fn output(&self, name: &str) -> Result<&str> {
        self.outputs.get(name).map(String::as_str).with_context(|| {
            format!(
                "the stack {} has no output {name}: it was deployed from another template, deploy this one",
                self.name
            )
        })
    }

    /// The outputs whose names end in this suffix, by the rest of their names. Fails if there are
    /// none.
    pub(crate) fn outputs_ending_in(&self, suffix: &str) -> Result<BTreeMap<&str, &str>> {
        let outputs = self.outputs.iter();
        let found: BTreeMap<_, _> = outputs
            .filter_map(|(name, value)| Some((name.strip_suffix(suffix)?, value.as_str())))
            .collect();
        ensure!(
            !found.is_empty(),
            "the stack {} has no output that ends in {suffix}: it was deployed from another template, deploy this one",
            self.name
        );
        Ok(found)
    }

    /// The functions' names on AWS, by the prefix of their outputs: `Orders`, `OutboxRelay`.
    pub(crate) fn functions(&self) -> Result<BTreeMap<&str, &str>> {
        self.outputs_ending_in("FunctionName")
    }

    /// A stack with these outputs.
    #[cfg(test)]
    pub(crate) fn with_outputs<'a>(outputs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let outputs = outputs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { name: "order-fanout-test".to_owned(), outputs: outputs.collect() }
    }
}

/// The log group of a function, given the function's name on AWS.
pub(crate) fn log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}
