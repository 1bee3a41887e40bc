//! Announces the orders that were saved and not announced, every minute.

mod sweep;

use lambda_runtime::{LambdaEvent, service_fn};
use lambda_startup::Startup;
use serde::de::IgnoredAny;
use store::Outbox;
use sweep::Sweep;
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
    let sweep = Sweep { outbox, topic, age_seconds: environment.number("OUTBOX_AGE_SECONDS")? };
    let metrics = telemetry.metrics(&[]);
    let handler = async |LambdaEvent { context, .. }: LambdaEvent<IgnoredAny>| {
        let invocation = telemetry.invocation();
        let swept = sweep.until(context.deadline()).instrument(request_span(&context.request_id)).await?;
        invocation.failed(swept.failures());
        invocation.end(&metrics, &swept);
        Ok::<_, lambda_runtime::Error>(swept)
    };
    lambda_runtime::run(service_fn(handler)).await
}
