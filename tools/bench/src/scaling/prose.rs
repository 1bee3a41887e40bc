//! The page's sentences.

use super::limits::{
    LAMBDA_QUOTAS, NEW_ACCOUNTS, NEW_TABLES, PARTITIONS, SQS_SCALING, concurrency_of_the_counter,
    counter_updates,
};
use super::model::Model;

pub(crate) const HEAD: &str = "\
# Limits and costs

Written by `cargo xtask bench` from its model (`tools/bench/src/scaling`), its measurements and the template; not by
hand. `cargo xtask bench --pages` writes it again without measuring. **Nothing here was seen on AWS**: it says where to
look first. Prices are those of us-east-1, on arm64, without free tiers and savings plans; quotas are AWS's defaults.
Look both up before you rely on them.";

pub(crate) fn measured(commit: &str) -> String {
    format!(
        "\
Measured by [`cargo xtask bench`](benchmarks.md) at {commit}, with DynamoDB answering in 5 ms and SNS in
15 ms. Of promotion, invoicing and the relay it measures the time with services that answer at once; 5 ms are added for
each call."
    )
}

pub(crate) const ASSUMED: &str = "\
Assumed, and not measured:

- Three orders in ten are of $80 or more and earn a coupon. Orders bring neither an idempotency key nor a coupon, and
  their pages are not opened.
- A poller takes 20 ms to receive a batch and to delete it, beside the function's own time.
- From 1,000 orders a second on, batches have ten records; below, they have one. A batch of one logs as much as a
  `POST`.
- Lambda itself logs 600 bytes of an invocation:
  [start and report](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html). A line of
  the API's access log is as long as its format.
- Each function samples its own traces:
  [the first of a second and 5% of the others](https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html). A service
  [follows the decision that it is handed](https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html);
  what that means for a batch of ten is not known.
- An answer to `POST /orders` has 2 KB with its headers.";

pub(crate) const LIMITS: &str = "\
The lowest first. Rates are averages: a burst reaches a limit earlier. When a queue falls behind, its batches fill, so
that in the end its rate is that of batches of ten.";

pub(crate) fn after_limits(model: &Model) -> String {
    let stack = &model.stack;
    let (most, queues, tries) = (stack.maximum_concurrency, stack.queues, stack.max_receive_count);
    let at_once = most * queues;
    let throttled = tries * stack.visibility_seconds;
    let in_flight = most * stack.batch_size;
    let (counter, updates) = (concurrency_of_the_counter(model), counter_updates(model));
    let of_a_hundred = model.measures.orders.billed_ms / 10.0;
    format!(
        "
- **The index `code`** binds nowhere: its keys are random, so that the writes spread over its partitions.
- **The invoice counter** is one row, which takes 1,000 writes a second ([source]({PARTITIONS})).
  Invoicing reserves the numbers of a batch with one update. With `MaximumConcurrency` {most} it sends {updates:.0} updates
  a second at most, so the row binds only above `MaximumConcurrency` {counter:.0}. Then updates are throttled, and messages
  tried again. How the latency of the row grows near its limit was not measured.
- **SQS** has no limit of requests for standard queues, and 120,000 messages in flight for each
  ([source](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html)). Here a queue
  has {in_flight} in flight.
- **Growth**: a function gets up to 1,000 environments more every ten seconds
  ([source](https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html)), a queue 300 batches at once more every
  minute ([source]({SQS_SCALING})),
  a table twice its previous peak within 30 minutes
  ([source]({NEW_TABLES})).
- **A second environment**: orders answers before it publishes. A client that sends its next order in those
  milliseconds occupies a second environment, as two clients do.

### A new account

A new account has [less concurrency than 1,000]({LAMBDA_QUOTAS}),
[in some accounts 10]({NEW_ACCOUNTS}). The queues alone may use {at_once}
(`MaximumConcurrency` {most}, times {queues}).

- **API**: a throttled `POST`
  [fails with a server error](https://repost.aws/knowledge-center/api-gateway-internal-server-error), and nothing is saved.
- **Queues**: Lambda tries a throttled batch
  [until the visibility timeout is over](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). Then
  its messages are back in the queue, with one receive more. After {tries} receives (`MaxReceiveCount`; 5 in `prod`), some
  {throttled} seconds without a free environment, good messages go to the dead-letter queue: redrive them.
- **Relay**: a throttled sweep is left out; the next one follows in a minute.

The alarms `…FunctionThrottled` fire. Before the first load, look at the quota:

```sh
aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions
```

{at_once} for the queues, one for the relay and {of_a_hundred:.0} for each hundred orders a second are enough on average. If there are
fewer, ask for more, or set `MaximumConcurrency` to 2, the least there is.
"
    )
}

pub(crate) const WRITE_UNITS: &str = "\
Rows are below 1 KB, so that a write is one unit;
[in a transaction it is two](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling).
[An index takes one more](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes)
for each change of what it contains; it is assumed that this is one after a transaction as well.";

pub(crate) fn after_write_units(model: &Model) -> String {
    let queries = model.stack.outbox_shards * QUERY_UNITS;
    format!(
        "\
The longest names and keys make a key's row larger than 1 KB, which is two units more.
[Keys expire without using units](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html). A message
that is delivered twice costs its write again.

| Read | units |
|---|--:|
| outbox-relay: `Scan` of the empty index `outbox`, once a minute | {QUERY_UNITS} |
| — with more than 100 orders in it, one `Query` of each shard more, at least | {queries} |
| orders: find a coupon, `Query` of the index `code` | {QUERY_UNITS} |
| orders: reading an order, `BatchGetItem` of three tables | 3 |
| subscribers | – |"
    )
}

/// An eventually consistent read of up to 4 KB.
pub(crate) const QUERY_UNITS: f64 = 0.5;

pub(crate) fn order_cost(deliveries: f64) -> String {
    format!(
        "\
At 1,000 orders a second in batches of ten, and at one order a second one by one. SNS's deliveries to SQS
[are free](https://aws.amazon.com/sns/pricing/); SQS's requests include them, {deliveries:.1} an order, as
[every action is a request](https://aws.amazon.com/sqs/pricing/)."
    )
}

pub(crate) fn after_order_cost(bytes: f64) -> String {
    let gigabytes = bytes / 1e3;
    let month = gigabytes * (STORAGE_GB_MONTH + BACKUP_GB_MONTH);
    format!(
        "\
A million orders are {gigabytes:.1} GB in the tables and indexes, which are never deleted: ${month:.2} a month with
[point-in-time recovery](https://aws.amazon.com/dynamodb/pricing/on-demand/). Logs are kept for 30 days, compressed, at
[$0.03 a GB and month](https://aws.amazon.com/cloudwatch/pricing/). Reading an order is a request, an invocation and
three read units more. With few orders, X-Ray is the largest item; without `Tracing: Active` there
is none."
    )
}

/// US dollars for a gigabyte and a month in a table.
const STORAGE_GB_MONTH: f64 = 0.25;
/// US dollars for a gigabyte and a month of point-in-time recovery.
const BACKUP_GB_MONTH: f64 = 0.2;

pub(crate) const FIXED_COST: &str = "\
In 30 days. What the stack has is counted from the template. A custom metric is billed for the hours in which it has a
value: the figure is for all of them, always, with one version of each function. What is below half a cent is left out.";

pub(crate) fn after_fixed_cost(own_key: f64) -> String {
    format!(
        "\
- **Empty receives**: Lambda polls an idle queue with five long polls at once, and goes down to two only
  [without `MaximumConcurrency`]({SQS_SCALING}). That they
  wait 20 s, SQS's longest, is assumed. With orders there are fewer.
- **KMS**: the topic's requests follow
  [SNS's formula](https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html), for two publishers. The key of the
  alarm topic rotates every year, which adds [a dollar a month, twice](https://aws.amazon.com/kms/pricing/).
- **`KmsKeyArn`** adds ${own_key:.2}: the key, and the queues' requests by
  [SQS's formula](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html).
  DynamoDB's requests,
  [one in five minutes for each connection](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html),
  and those for the logs come on top."
    )
}

pub(crate) const BY_RATE: &str = "\
Lower limits are those of the table above that are reached before this rate.";

pub(crate) const BACKLOG: &str = "\
Batches of ten. Lambda starts with five batches at once and adds
[up to 300 a minute](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html), up to
`MaximumConcurrency`, 10 in the template. The counter allows invoicing 1,000 batches a second. Messages are kept for four
days.";

pub(crate) const FIFO: &str = "\
A FIFO stack has other limits and prices: [FIFO](../guides/fifo.md#what-it-costs).";
