//! Tests against the backend at `AWS_ENDPOINT_URL`. Each test creates its own tables from
//! template.yaml.

mod audit;
mod effect_table;
mod outbox;
mod reading;
mod saving;
mod saving_once;
mod spending;

use std::num::NonZeroU8;

use aws_mock::{Backend, Tables};
use domain::OrderId;
use store::{Audit, EffectTable, OrderTables, Orders, Outbox, StoreError};

const SHARDS: NonZeroU8 = NonZeroU8::new(16).unwrap();

struct Shop {
    backend: Backend,
    tables: Tables,
    orders: Orders,
}

impl Shop {
    async fn open() -> Self {
        let backend = Backend::under_test();
        let tables = Tables::make(&backend).await;
        let orders = Orders::connect(backend.sdk(), names(&tables), SHARDS).await;
        Self { backend, tables, orders }
    }

    /// Clears an order's pending flag. The call has one attempt of 200 ms, which a pause of the
    /// machine may use up.
    async fn clear_pending_flag(&self, id: OrderId) -> Result<(), StoreError> {
        let mut cleared = self.orders.clear_pending_flag(id).await;
        for _ in 0..3 {
            if matches!(cleared, Err(StoreError::Unavailable(_))) {
                cleared = self.orders.clear_pending_flag(id).await;
            }
        }
        cleared
    }

    fn audit(&self) -> Audit {
        Audit::of(self.backend.sdk(), names(&self.tables))
    }

    async fn outbox(&self) -> Outbox {
        Outbox::connect(self.backend.sdk(), self.tables.name("OrdersTable"), SHARDS).await
    }

    async fn effect_table(&self, logical_id: &str) -> EffectTable {
        EffectTable::connect(self.backend.sdk(), self.tables.name(logical_id)).await
    }
}

fn names(tables: &Tables) -> OrderTables {
    OrderTables {
        orders: tables.name("OrdersTable"),
        shipments: tables.name("FulfilmentTable"),
        coupons: tables.name("PromotionTable"),
        invoices: tables.name("InvoicingTable"),
        idempotency_keys: tables.name("IdempotencyKeysTable"),
    }
}
