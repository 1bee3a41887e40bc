//! The emulator under the tests.

use std::env;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use uuid::Uuid;

use crate::sdk;

/// Some AWS on this machine, and a name that nothing on it has yet.
#[derive(Clone, Debug)]
pub struct Backend {
    sdk: SdkConfig,
    name: String,
}

impl Backend {
    /// The one that `AWS_ENDPOINT_URL` names. It is never looked for elsewhere, so that no test
    /// reaches an account.
    #[must_use]
    pub fn under_test() -> Self {
        let endpoint = env::var("AWS_ENDPOINT_URL").expect("AWS_ENDPOINT_URL names the backend");
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        Self {
            sdk: sdk::config(http).endpoint_url(endpoint).build(),
            name: Uuid::new_v4().to_string(),
        }
    }

    /// What clients of it are built from.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// A name for what the template calls by its logical id; no other test has it.
    pub(crate) fn named(&self, logical_id: &str) -> String {
        format!("{logical_id}-{}", self.name)
    }
}
