//! DynamoDB's write units of an order, call by call.
//!
//! The calls are those that the benchmarks check (`tools/bench/src/benchmark.rs`). A row is below 1 KB, so a
//! write is one unit; a write in a transaction is two; a change of what an index projects is one
//! more.

use super::measures::PROMOTED;

/// What a request for an order may bring along.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) title: &'static str,
    key: bool,
    coupon: bool,
}

const PLAIN: Request = Request { title: "plain", key: false, coupon: false };

/// All kinds of requests.
pub(crate) const REQUESTS: [Request; 4] = [
    PLAIN,
    Request { title: "with a key", key: true, ..PLAIN },
    Request { title: "with a coupon", coupon: true, ..PLAIN },
    Request { title: "with both", key: true, coupon: true },
];

/// One write, and its units for an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    pub(crate) what: &'static str,
    pub(crate) units: f64,
}

const SINGLE: f64 = 1.0;
const IN_TRANSACTION: f64 = 2.0;
const INDEX: f64 = 1.0;

/// Writes to the orders table and to the index `outbox` for a plain request, each: saved and
/// cleared.
pub(crate) const OF_ORDERS_TABLE: f64 = 2.0 * SINGLE;

/// All writes for an order, with invoices in batches of this size. The list is the same for every
/// request; what a request does not need has no units.
pub(crate) fn writes(request: Request, batch: f64) -> Vec<Write> {
    let Request { key, coupon, .. } = request;
    let save = if key || coupon { IN_TRANSACTION } else { SINGLE };
    let only_if = |needed: bool, units: f64| if needed { units } else { 0.0 };
    let write = |what, units| Write { what, units };
    vec![
        write("orders: the order, `PutItem` or `TransactWriteItems`", save),
        write("— into the index `outbox`", INDEX),
        write("— with it the key's row", only_if(key, IN_TRANSACTION)),
        write("— with it the coupon's row, now spent", only_if(coupon, IN_TRANSACTION)),
        write("— in the index `code`", only_if(coupon, INDEX)),
        write("orders: clear the pending flag, `UpdateItem`", SINGLE),
        write("— out of the index `outbox`", INDEX),
        write("fulfilment: the shipment, `INSERT`", SINGLE),
        write("invoicing: the counter, `UpdateItem`, one a batch", SINGLE / batch),
        write("invoicing: the invoice, `INSERT`", SINGLE),
        write("promotion: the coupon, `INSERT`, for three orders in ten", PROMOTED * SINGLE),
        write("— into the index `code`", PROMOTED * INDEX),
    ]
}

/// All write units of an order with neither key nor coupon.
pub(crate) fn of_plain_order(batch: f64) -> f64 {
    total(PLAIN, batch)
}

/// All write units of an order.
pub(crate) fn total(request: Request, batch: f64) -> f64 {
    writes(request, batch).iter().map(|write| write.units).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_units_add_up_for_every_kind_of_request() {
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-9, "{one} {other}");
        for (request, expected) in REQUESTS.into_iter().zip([6.7, 9.7, 10.7, 12.7]) {
            near(total(request, 10.0), expected);
            near(total(request, 1.0), expected + 0.9);
        }
    }
}
