//! Builds the [`SdkConfig`] from environment variables. It skips the SDK's credential chain: on
//! Lambda credentials are environment variables, and every other provider only costs time.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::StalledStreamProtectionConfig;

use crate::{Environment, EnvironmentError, trust};

/// The time limit for opening a connection; after it, the next attempt opens a new one. Each client
/// limits the whole call itself.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);

pub(crate) fn config(environment: Environment) -> Result<SdkConfig, EnvironmentError> {
    let credentials = Credentials::new(
        environment.required("AWS_ACCESS_KEY_ID")?,
        environment.required("AWS_SECRET_ACCESS_KEY")?,
        environment.optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http(environment)?)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(environment.optional("AWS_ENDPOINT_URL"));
    Ok(config.build())
}

/// Returns one HTTP client for all AWS clients, with one connection pool. By default the SDK would
/// build a connector and read the root certificates again for every client.
fn http(environment: Environment) -> Result<SharedHttpClient, EnvironmentError> {
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust::context(environment)?)
        .connector_settings(
            HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build(),
        )
        .sleep_impl(TokioSleep::new())
        .build();
    let connector = SharedHttpConnector::new(connector);
    Ok(http_client_fn(move |_, _| connector.clone()))
}
