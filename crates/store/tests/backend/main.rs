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
use store::{Audit, EffectTable, OrderTables, Orders, Outbox};

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
