//! AWS client configuration.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// The SDK's default chain: environment, profiles, SSO, credential processes, instance roles.
pub(crate) async fn from_default_chain() -> SdkConfig {
    loader().load().await
}

/// The emulator of `cargo xtask run`, which accepts any keys.
pub(crate) async fn for_local_emulator(port: u16) -> SdkConfig {
    let keys = Credentials::new("test", "test", None, None, "--local");
    let endpoint = format!("http://localhost:{port}");
    loader()
        .credentials_provider(keys)
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .load()
        .await
}

fn loader() -> ConfigLoader {
    // One TLS stack for the whole workspace: rustls on ring.
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(15))
        .build();
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts)
}
