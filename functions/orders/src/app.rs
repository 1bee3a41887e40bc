//! The state that all requests share, opened once at start-up.

use lambda_startup::{EnvironmentError, Startup};
use store::{OrderTables, Orders};
use topic::OrdersTopic;

/// The axum state.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) orders: Orders,
    pub(crate) topic: OrdersTopic,
    /// Whether the API requires a token. Then its clients are programs, and it serves no pages.
    pub(crate) jwt_enabled: bool,
}

impl AppState {
    /// Opens the connections that the environment variables configure.
    pub(crate) async fn connect(
        Startup { environment, sdk, .. }: &Startup,
    ) -> Result<Self, EnvironmentError> {
        let tables = OrderTables {
            orders: environment.required("ORDERS_TABLE")?,
            shipments: environment.required("FULFILMENT_TABLE")?,
            coupons: environment.required("PROMOTION_TABLE")?,
            invoices: environment.required("INVOICING_TABLE")?,
            idempotency_keys: environment.required("IDEMPOTENCY_KEYS_TABLE")?,
        };
        let topic_arn = environment.required("ORDERS_TOPIC_ARN")?;
        let shards = environment.number("OUTBOX_SHARDS")?;
        let (orders, topic) = tokio::join!(
            Orders::connect(sdk, tables, shards),
            OrdersTopic::connect(sdk, topic_arn)
        );
        Ok(Self { orders, topic, jwt_enabled: environment.optional("JWT_ENABLED").is_some() })
    }
}
