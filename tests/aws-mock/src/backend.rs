//! The emulator that the tests run against.

use std::env;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use uuid::Uuid;

use crate::sdk;

/// An emulator on this machine, and a unique suffix for resource names.
#[derive(Clone, Debug)]
pub struct Backend {
    sdk: SdkConfig,
    name: String,
}

impl Backend {
    /// The emulator at `AWS_ENDPOINT_URL`. There is no default, so that no test reaches a real
    /// account.
    #[must_use]
    pub fn under_test() -> Self {
        let endpoint = env::var("AWS_ENDPOINT_URL").expect("AWS_ENDPOINT_URL names the backend");
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        Self {
            sdk: sdk::config(http).endpoint_url(endpoint).build(),
            name: Uuid::new_v4().to_string(),
        }
    }

    /// The configuration for clients.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// A unique name for the resource with this logical id in the template.
    pub(crate) fn named(&self, logical_id: &str) -> String {
        format!("{logical_id}-{}", self.name)
    }
}
