//! Tests against the backend at `AWS_ENDPOINT_URL`. Each test creates its own tables from
//! template.yaml.

mod effect_table;
mod outbox;
mod reading;
mod saving;
mod saving_once;
mod spending;

use std::num::NonZeroU8;

use aws_mock::{Backend, Tables};
use store::{EffectTable, OrderTables, Orders, Outbox};

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
        let names = OrderTables {
            orders: tables.name("OrdersTable"),
            shipments: tables.name("FulfilmentTable"),
            coupons: tables.name("PromotionTable"),
            invoices: tables.name("InvoicingTable"),
            idempotency_keys: tables.name("IdempotencyKeysTable"),
        };
        let orders = Orders::connect(backend.sdk(), names, SHARDS).await;
        Self { backend, tables, orders }
    }

    async fn outbox(&self) -> Outbox {
        Outbox::connect(self.backend.sdk(), self.tables.name("OrdersTable"), SHARDS).await
    }

    async fn effect_table(&self, logical_id: &str) -> EffectTable {
        EffectTable::connect(self.backend.sdk(), self.tables.name(logical_id)).await
    }
}
