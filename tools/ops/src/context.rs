//! What every command needs.

use anyhow::Result;
use aws_config::SdkConfig;
use store::OrderTables;

use crate::options::{RunOptions, Target};
use crate::output::Output;
use crate::rate_limit::RateLimit;
use crate::stack::Stack;

/// The stack, its AWS configuration, and the operator's options.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) sdk: SdkConfig,
    pub(crate) stack: Stack,
    pub(crate) output: Output,
    pub(crate) dry_run: bool,
    pub(crate) rate_limit: RateLimit,
}

impl Context {
    /// Finds the stack and reads its outputs.
    pub(crate) async fn connect(
        target: &Target,
        RunOptions { dry_run, json, rate }: RunOptions,
    ) -> Result<Self> {
        let (sdk, name) = target.aws().await;
        let stack = Stack::read(&sdk, name).await?;
        Ok(Self { sdk, stack, output: Output { json }, dry_run, rate_limit: RateLimit::of(rate) })
    }

    /// The names of the tables.
    pub(crate) fn tables(&self) -> Result<OrderTables> {
        let name = |output| self.stack.output(output).map(str::to_owned);
        Ok(OrderTables {
            orders: name("OrdersTable")?,
            shipments: name("FulfilmentTable")?,
            coupons: name("PromotionTable")?,
            invoices: name("InvoicingTable")?,
            idempotency_keys: name("IdempotencyKeysTable")?,
        })
    }
}
