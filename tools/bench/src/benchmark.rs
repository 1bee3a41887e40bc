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
    aws_calls: &'static [(&'static str, u64)],
    /// Whether it is also measured with services that take their time.
    pub(crate) with_delays: bool,
    /// Variables beside the common ones.
    pub(crate) variables: Vec<(String, String)>,
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
    fn new(
        name: &'static str,
        function: &'static str,
        program: Program,
        event: &Bytes,
        expected: Expected,
    ) -> Self {
        let event = event.clone();
        let (aws_calls, with_delays, variables) = (&[][..], false, vec![]);
        Self { name, function, program, event, expected, aws_calls, with_delays, variables }
    }

    /// Sets its AWS calls for one event. If it publishes, a client waits for it.
    fn calling(self, aws_calls: &'static [(&'static str, u64)]) -> Self {
        let with_delays = aws_calls.iter().any(|(operation, _)| *operation == "Publish");
        Self { aws_calls, with_delays, ..self }
    }

    fn with_delays(self) -> Self {
        Self { with_delays: true, ..self }
    }

    /// Its environment against a stub, as the template sets it.
    pub(crate) fn variables(&self, stub: &Stub) -> Vec<(String, String)> {
        let token = format!("IQoJb3JpZ2luX2VjE{}", "x".repeat(SESSION_TOKEN_LENGTH));
        let of_the_run = [
            ("AWS_ENDPOINT_URL", stub.url()),
            ("AWS_CA_BUNDLE", stub.roots()),
            ("SSL_CERT_FILE", stub.roots()),
            ("AWS_SESSION_TOKEN", token),
        ];
        let fixed = TEMPLATE.map(|(name, value)| (name, value.to_owned()));
        let common = fixed.into_iter().chain(of_the_run);
        let common = common.map(|(name, value)| (name.to_owned(), value));
        common.chain(self.variables.iter().cloned()).collect()
    }

    /// Its AWS calls for this many events.
    pub(crate) fn calls(&self, events: u64) -> Calls {
        let calls = self.aws_calls.iter().filter(|_| events > 0);
        calls.map(|(operation, times)| ((*operation).to_owned(), times * events)).collect()
    }
}

/// About the length of a role's session token, which each request signs and sends.
const SESSION_TOKEN_LENGTH: usize = 800;

const TEMPLATE: [(&str, &str); 16] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_DEFAULT_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
    ("METRICS_NAMESPACE", "OrderFanout/order-fanout"),
    ("ORDERS_TABLE", "order-fanout-OrdersTable-1A2B3C4D5E6F7"),
    ("TABLE", "order-fanout-FulfilmentTable-1A2B3C4D5E6F7"),
    ("FULFILMENT_TABLE", "order-fanout-FulfilmentTable-1A2B3C4D5E6F7"),
    ("PROMOTION_TABLE", "order-fanout-PromotionTable-1A2B3C4D5E6F7"),
    ("INVOICING_TABLE", "order-fanout-InvoicingTable-1A2B3C4D5E6F7"),
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
/// The subscriber whose batches are compared and scaled.
pub(crate) const FULFILMENT: &str = "fulfilment: 10 orders";
/// A subscriber's benchmark.
pub(crate) const PROMOTION: &str = "promotion: 10 orders";
/// A subscriber's benchmark.
pub(crate) const INVOICING: &str = "invoicing: 10 orders";
/// The relay's benchmark with an empty outbox.
pub(crate) const IDLE_RELAY: &str = "outbox-relay: nothing to do";
/// The benchmark that all others are compared with.
pub(crate) const NO_OP: &str = "no-op lambda_http";

/// The default `BatchSize` of an event source mapping.
pub(crate) const BATCH: usize = 10;

/// The orders function with the AWS SDK's defaults.
pub(crate) const DEFAULT_SDK: &str = "SDK defaults, orders: POST";
/// The same work in Python.
pub(crate) const PYTHON_ORDERS: &str = "Python, orders: POST";
/// The same work in Python.
const PYTHON_FULFILMENT: &str = "Python, fulfilment: 10 orders";
/// Python as it is usually written, with one request per order.
const PYTHON_ONE_BY_ONE: &str = "Python, fulfilment: 10 orders, one by one";

/// The orders function at the commit of `baseline.toml`.
pub(crate) const BASELINE_ORDERS: &str = "Baseline, orders: POST";
/// The same commit's subscriber.
pub(crate) const BASELINE_FULFILMENT: &str = "Baseline, fulfilment: 10 orders";
/// A fixed amount of work, whose CPU time others are compared with.
pub(crate) const REFERENCE: &str = "reference";
/// SHA-256 by the crate with which requests are signed.
pub(crate) const SHA2: &str = "SHA-256 by sha2";
/// SHA-256 in assembly.
pub(crate) const RING: &str = "SHA-256 by ring";

/// The fixed amounts of work that budgets compare CPU times with. `binaries` has a folder for each
/// binary.
pub(crate) fn references(binaries: &Path) -> [Benchmark; 3] {
    let benchmark = |name, binary: &str, event| {
        let program = Program::Bootstrap(binaries.join(binary).join("bootstrap"));
        let event = Bytes::from_static(event);
        Benchmark::new(name, "no-op", program, &event, Expected::BatchWithoutFailures)
    };
    [
        benchmark(REFERENCE, "reference", b"{}"),
        benchmark(SHA2, "sha256", br#""sha2""#),
        benchmark(RING, "sha256", br#""ring""#),
    ]
}

/// The functions of the baseline's commit. `binaries` has a folder for each.
pub(crate) fn baseline(binaries: &Path) -> Result<Vec<Benchmark>> {
    let bootstrap = |binary: &str| Program::Bootstrap(binaries.join(binary).join("bootstrap"));
    let post = events::sample("orders/place-by-json.json")?;
    let orders = bootstrap("orders");
    let orders = Benchmark::new(BASELINE_ORDERS, "orders", orders, &post, Expected::Status(201));
    let fulfilment = Benchmark::new(
        BASELINE_FULFILMENT,
        "fulfilment",
        bootstrap("fulfilment"),
        &events::batch(BATCH),
        Expected::BatchWithoutFailures,
    );
    Ok(vec![orders.calling(&PLACE), fulfilment.calling(&INSERT)])
}

/// The comparison programs: the same work with the SDK's defaults, and in Python.
pub(crate) fn others(default_sdk: &Path, interpreter: &Path) -> Result<Vec<Benchmark>> {
    let post = events::sample("orders/place-by-json.json")?;
    let batch = events::batch(BATCH);
    let python = |module| Program::Python { interpreter: interpreter.to_owned(), module };
    let default_sdk = Program::Bootstrap(default_sdk.join("default-sdk-orders/bootstrap"));
    let orders = |name, program| {
        Benchmark::new(name, "orders", program, &post, Expected::Status(201)).calling(&PLACE)
    };
    let fulfilment = |name, program| {
        Benchmark::new(name, "fulfilment", program, &batch, Expected::BatchWithoutFailures)
    };
    Ok(vec![
        orders(DEFAULT_SDK, default_sdk),
        orders(PYTHON_ORDERS, python("orders")),
        fulfilment(PYTHON_FULFILMENT, python("subscriber")).calling(&INSERT),
        fulfilment(PYTHON_ONE_BY_ONE, python("subscriber_one_by_one"))
            .calling(&[("PutItem", BATCH as u64)]),
    ])
}

const INSERT: [(&str, u64); 1] = [("BatchExecuteStatement", 1)];
const INSERT_ONE_BY_ONE: [(&str, u64); 1] = [("BatchExecuteStatement", BATCH as u64)];
const NUMBER_AND_INSERT: [(&str, u64); 2] = [("UpdateItem", 1), ("BatchExecuteStatement", 1)];
const PLACE: [(&str, u64); 3] = [("PutItem", 1), ("Publish", 1), ("UpdateItem", 1)];
const PLACE_ONCE_AND_SPEND: [(&str, u64); 4] =
    [("Query", 1), ("TransactWriteItems", 1), ("Publish", 1), ("UpdateItem", 1)];
const SWEEP: [(&str, u64); 3] = [("Scan", 1), ("PublishBatch", 1), ("BatchExecuteStatement", 1)];

/// The functions of a stack with `Fifo=true`. `binaries` has a folder for each.
pub(crate) fn fifo(binaries: &Path) -> Result<Vec<Benchmark>> {
    let bootstrap = |binary: &str| Program::Bootstrap(binaries.join(binary).join("bootstrap"));
    let post = events::sample("orders/place-by-json.json")?;
    let topic = "arn:aws:sns:eu-central-1:123456789012:order-fanout-orders.fifo";
    let orders = "FIFO, orders: POST";
    let orders =
        Benchmark::new(orders, "orders", bootstrap("orders"), &post, Expected::Status(201));
    let batch = |name, customers| {
        let (function, event) = ("fulfilment", events::fifo_batch(BATCH, customers));
        Benchmark::new(name, function, bootstrap(function), &event, Expected::BatchWithoutFailures)
    };
    Ok(vec![
        Benchmark {
            variables: vec![("ORDERS_TOPIC_ARN".to_owned(), topic.to_owned())],
            ..orders.calling(&PLACE)
        },
        batch("FIFO, fulfilment: 10 orders of 10 customers", BATCH).calling(&INSERT).with_delays(),
        batch("FIFO, fulfilment: 10 orders of a customer", 1)
            .calling(&INSERT_ONE_BY_ONE)
            .with_delays(),
    ])
}

/// The functions and the no-ops, in table order. `binaries` has a folder for each.
pub(crate) fn rust(binaries: &Path) -> Result<Vec<Benchmark>> {
    let bootstrap = |binary: &str| Program::Bootstrap(binaries.join(binary).join("bootstrap"));
    let post = events::sample("orders/place-by-json.json")?;
    let post_with_key_and_coupon = events::with_key_and_coupon()?;
    let get = events::sample("orders/get-order.json")?;
    let orders = |name, event, status| {
        Benchmark::new(name, "orders", bootstrap("orders"), event, Expected::Status(status))
    };
    let batch = events::batch(BATCH);
    let batches = |name, function, program| {
        Benchmark::new(name, function, program, &batch, Expected::BatchWithoutFailures)
    };
    let subscriber = |name, function| batches(name, function, bootstrap(function));
    let every_minute = events::sample("outbox-relay/every-minute.json")?;
    let relay = |name, found| {
        let relay = bootstrap("outbox-relay");
        Benchmark::new(name, "outbox-relay", relay, &every_minute, Expected::SweepSummary(found))
    };
    Ok(vec![
        Benchmark::new(NO_OP, "no-op", bootstrap("no-op-http"), &post, Expected::Status(200)),
        batches("no-op lambda_runtime", "no-op", bootstrap("no-op-events")),
        orders(ORDERS, &post, 201).calling(&PLACE),
        orders("orders: POST with key and coupon", &post_with_key_and_coupon, 201)
            .calling(&PLACE_ONCE_AND_SPEND),
        orders("orders: GET", &get, 200).calling(&[("BatchGetItem", 1)]),
        subscriber(FULFILMENT, "fulfilment").calling(&INSERT).with_delays(),
        subscriber(PROMOTION, "promotion").calling(&INSERT),
        subscriber(INVOICING, "invoicing").calling(&NUMBER_AND_INSERT),
        relay(IDLE_RELAY, 0).calling(&[("Scan", 1)]),
        Benchmark {
            variables: vec![("ORDERS_TABLE".to_owned(), TABLE_WITH_PENDING_ORDERS.to_owned())],
            ..relay("outbox-relay: 10 orders", PENDING as u64).calling(&SWEEP)
        },
    ])
}
