//! What is measured: a program, its event and the expected answer.

use std::path::{Path, PathBuf};

use anyhow::Result;
use bytes::Bytes;
use tokio::process::Command;

use crate::answer::Expected;
use crate::events;
use crate::stub::{Calls, PENDING, Stub, TABLE_WITH_PENDING_ORDERS};

/// A program under measurement with one kind of event.
#[derive(Clone, Debug)]
pub(crate) struct Benchmark {
    /// Its name in tables, such as `orders: POST`.
    pub(crate) name: &'static str,
    /// The function that it is, or is compared with.
    pub(crate) function: &'static str,
    pub(crate) program: Program,
    pub(crate) event: Bytes,
    pub(crate) expected: Expected,
    /// Its AWS calls for one event.
    pub(crate) asks: &'static [(&'static str, u64)],
    /// Variables beside the common ones.
    pub(crate) variables: &'static [(&'static str, &'static str)],
}

/// How to start a program.
#[derive(Clone, Debug)]
pub(crate) enum Program {
    /// A binary, as it is deployed.
    Bootstrap(PathBuf),
    /// A module of `tools/bench/python`, run by this interpreter.
    Python { interpreter: PathBuf, module: &'static str },
}

impl Program {
    pub(crate) fn command(&self) -> Command {
        match self {
            Self::Bootstrap(path) => Command::new(path),
            Self::Python { interpreter, module } => {
                let mut python = Command::new(interpreter);
                // As on Lambda, where Python cannot write bytecode beside the code.
                python.args(["-B", "-m", "awslambdaric", &format!("{module}.handler")]);
                python.current_dir(devstack::root().join("tools/bench/python"));
                python
            }
        }
    }

    /// The binary's path, if it is one.
    pub(crate) fn bootstrap(&self) -> Option<&Path> {
        match self {
            Self::Bootstrap(path) => Some(path),
            Self::Python { .. } => None,
        }
    }
}

impl Benchmark {
    /// Its environment against a stub, as the template sets it.
    pub(crate) fn variables(&self, stub: &Stub) -> Vec<(String, String)> {
        let roots = stub.roots();
        let own = [
            ("AWS_ENDPOINT_URL", stub.url()),
            ("AWS_CA_BUNDLE", roots.clone()),
            ("SSL_CERT_FILE", roots),
        ];
        let token = (
            "AWS_SESSION_TOKEN",
            "IQoJb3JpZ2luX2VjE".to_owned() + &"x".repeat(SESSION_TOKEN_LENGTH),
        );
        let of_template =
            TEMPLATE.iter().chain(self.variables).map(|(name, value)| (*name, (*value).to_owned()));
        let all = of_template.chain(own).chain([token]);
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Its AWS calls for this many events.
    pub(crate) fn calls(&self, events: u64) -> Calls {
        let calls = self.asks.iter().filter(|_| events > 0);
        calls.map(|(operation, times)| ((*operation).to_owned(), times * events)).collect()
    }
}

/// About the length of a role's session token, which each request signs and sends.
const SESSION_TOKEN_LENGTH: usize = 800;

const TEMPLATE: [(&str, &str); 15] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_DEFAULT_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
    ("METRICS_NAMESPACE", "OrderFanout/order-fanout"),
    ("ORDERS_TABLE", "order-fanout-OrdersTable-1A2B3C4D5E6F7"),
    ("SHIPMENTS_TABLE", "order-fanout-ShipmentsTable-1A2B3C4D5E6F7"),
    ("COUPONS_TABLE", "order-fanout-CouponsTable-1A2B3C4D5E6F7"),
    ("INVOICES_TABLE", "order-fanout-InvoicesTable-1A2B3C4D5E6F7"),
    ("IDEMPOTENCY_KEYS_TABLE", "order-fanout-IdempotencyKeysTable-1A2B3C4D5E6F7"),
    (
        "ORDERS_TOPIC_ARN",
        "arn:aws:sns:eu-central-1:123456789012:order-fanout-OrdersTopic-1A2B3C4D5E6F7",
    ),
    ("OUTBOX_SHARDS", "16"),
    ("OUTBOX_AGE_SECONDS", "60"),
];

/// The main case.
pub(crate) const ORDERS: &str = "orders: POST";
/// The consumers.
pub(crate) const CONSUMERS: [&str; 2] = ["fulfilment: 10 orders", "promotion: 10 orders"];
/// The benchmark that all others are compared with.
pub(crate) const NO_OP: &str = "no-op lambda_http";

/// The default `BatchSize` of an event source mapping.
pub(crate) const BATCH: usize = 10;

/// The orders function with the AWS SDK's defaults.
pub(crate) const DEFAULT_SDK: &str = "SDK defaults, orders: POST";
/// The same work in Python.
pub(crate) const PYTHON_ORDERS: &str = "Python, orders: POST";
/// The same work in Python.
pub(crate) const PYTHON_CONSUMER: &str = "Python, fulfilment: 10 orders";
/// Python as it is usually written, with one request per order.
pub(crate) const PYTHON_ONE_BY_ONE: &str = "Python, fulfilment: 10 orders, one by one";

/// The comparison programs: the same work with the SDK's defaults, and in Python.
pub(crate) fn others(default_sdk: &Path, interpreter: &Path) -> Result<Vec<Benchmark>> {
    let post = events::sample("orders/place-by-json.json")?;
    let benchmark = |name, function, program, event, expected, asks| {
        let variables = &[];
        Benchmark { name, function, program, event, expected, asks, variables }
    };
    let python = |module| Program::Python { interpreter: interpreter.to_owned(), module };
    let default_sdk = Program::Bootstrap(default_sdk.join("default-sdk-orders/bootstrap"));
    Ok(vec![
        benchmark(DEFAULT_SDK, "orders", default_sdk, post.clone(), Expected::Status(201), &PLACE),
        benchmark(PYTHON_ORDERS, "orders", python("orders"), post, Expected::Status(201), &PLACE),
        benchmark(
            PYTHON_CONSUMER,
            "fulfilment",
            python("consumer"),
            events::batch(BATCH),
            Expected::WholeBatch,
            &[("BatchExecuteStatement", 1)],
        ),
        benchmark(
            PYTHON_ONE_BY_ONE,
            "fulfilment",
            python("consumer_one_by_one"),
            events::batch(BATCH),
            Expected::WholeBatch,
            &[("PutItem", BATCH as u64)],
        ),
    ])
}

const PLACE: [(&str, u64); 3] = [("PutItem", 1), ("Publish", 1), ("UpdateItem", 1)];
const PLACE_ONCE_AND_SPEND: [(&str, u64); 4] =
    [("Query", 1), ("TransactWriteItems", 1), ("Publish", 1), ("UpdateItem", 1)];

/// The functions and the no-ops, in table order. `binaries` has a folder for each.
pub(crate) fn rust(binaries: &Path) -> Result<Vec<Benchmark>> {
    let post = events::sample("orders/place-by-json.json")?;
    let every_minute = events::sample("outbox-relay/every-minute.json")?;
    let benchmark = |name, function, binary: &str, event: &Bytes, expected, asks| Benchmark {
        name,
        function,
        program: Program::Bootstrap(binaries.join(binary).join("bootstrap")),
        event: event.clone(),
        expected,
        asks,
        variables: &[],
    };
    let batch = events::batch(BATCH);
    let batch_of_ten = |name, function, binary: &str, asks| {
        benchmark(name, function, binary, &batch, Expected::WholeBatch, asks)
    };
    let full = Benchmark {
        variables: &[("ORDERS_TABLE", TABLE_WITH_PENDING_ORDERS)],
        ..benchmark(
            "outbox-relay: 10 orders",
            "outbox-relay",
            "outbox-relay",
            &every_minute,
            Expected::SweepSummary(PENDING as u64),
            &[("Scan", 1), ("PublishBatch", 1), ("BatchExecuteStatement", 1)],
        )
    };
    Ok(vec![
        benchmark(NO_OP, "no-op", "no-op-http", &post, Expected::Status(200), &[]),
        batch_of_ten("no-op lambda_runtime", "no-op", "no-op-events", &[]),
        benchmark(ORDERS, "orders", "orders", &post, Expected::Status(201), &PLACE),
        benchmark(
            "orders: POST with key and coupon",
            "orders",
            "orders",
            &events::with_key_and_coupon()?,
            Expected::Status(201),
            &PLACE_ONCE_AND_SPEND,
        ),
        benchmark(
            "orders: GET",
            "orders",
            "orders",
            &events::sample("orders/get-order.json")?,
            Expected::Status(200),
            &[("BatchGetItem", 1)],
        ),
        batch_of_ten(CONSUMERS[0], "fulfilment", "fulfilment", &[("BatchExecuteStatement", 1)]),
        batch_of_ten(CONSUMERS[1], "promotion", "promotion", &[("BatchExecuteStatement", 1)]),
        batch_of_ten(
            "invoicing: 10 orders",
            "invoicing",
            "invoicing",
            &[("UpdateItem", 1), ("BatchExecuteStatement", 1)],
        ),
        benchmark(
            "outbox-relay: nothing to do",
            "outbox-relay",
            "outbox-relay",
            &every_minute,
            Expected::SweepSummary(0),
            &[("Scan", 1)],
        ),
        full,
    ])
}
