//! Publishes pending orders, every minute.

mod relay;
mod shards;
mod sweep_summary;

use lambda_runtime::{LambdaEvent, service_fn};
use lambda_startup::Startup;
use relay::Relay;
use serde::de::IgnoredAny;
use store::Outbox;
use telemetry::request_span;
use topic::Republisher;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let Startup { environment, sdk, telemetry } = Startup::begin(env!("CARGO_PKG_NAME"))?;
    let shards = environment.number("OUTBOX_SHARDS")?;
    let (outbox, topic) = tokio::join!(
        Outbox::connect(&sdk, environment.required("ORDERS_TABLE")?, shards),
        Republisher::connect(&sdk, environment.required("ORDERS_TOPIC_ARN")?)
    );
    let relay = Relay { outbox, topic, age_seconds: environment.number("OUTBOX_AGE_SECONDS")? };
    let metrics = telemetry.metrics(&[]);
    let handler = async |LambdaEvent { context, .. }: LambdaEvent<IgnoredAny>| {
        let invocation = telemetry.invocation();
        let summary = relay
            .run_until(context.deadline())
            .instrument(request_span(&context.request_id))
            .await?;
        invocation.failed(summary.failures());
        invocation.end(&metrics, &summary);
        Ok::<_, lambda_runtime::Error>(summary)
    };
    lambda_runtime::run(service_fn(handler)).await
}
