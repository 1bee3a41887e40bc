//! What the functions logged about an order, found by CloudWatch Logs Insights.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_client::sdk_error_message;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use domain::OrderId;
use jiff::Timestamp;

use super::step::{Source, Step};
use crate::context::Context;
use crate::log_line::LogLine;
use crate::stack::{Stack, log_group};

const MOST_LINES: i32 = 1_000;
const POLL_INTERVAL: Duration = Duration::from_millis(500);
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// Every outcome line about the order in the functions' logs, in the order in which they were
/// written.
pub(super) async fn of_order(
    context: &Context,
    id: OrderId,
    when: RangeInclusive<Timestamp>,
) -> Result<Vec<Step>> {
    let client = Client::new(&context.sdk);
    let query = client
        .start_query()
        .set_log_group_names(Some(log_groups(&context.stack)?))
        .start_time(when.start().as_second())
        .end_time(when.end().as_second() + 1)
        .query_string(format!(
            "fields @message | filter @message like /{id}/ | sort @timestamp asc"
        ))
        .limit(MOST_LINES);
    let started = query.send().await.map_err(|error| failed(&sdk_error_message(&error)))?;
    let query = started.query_id.context("Logs Insights returned no query id")?;
    let rows = tokio::time::timeout(ANSWERED_WITHIN, results(&client, &query)).await;
    let rows = rows.map_err(|_| failed("it took more than a minute"))??;
    Ok(rows.iter().flat_map(|row| steps(row, &id.to_string())).collect())
}

/// The log groups of all functions of the stack.
fn log_groups(stack: &Stack) -> Result<Vec<String>> {
    Ok(stack.functions()?.into_values().map(log_group).collect())
}

async fn results(client: &Client, query: &str) -> Result<Vec<Vec<ResultField>>> {
    loop {
        let answer = client.get_query_results().query_id(query).send().await;
        let answer = answer.map_err(|error| failed(&sdk_error_message(&error)))?;
        match answer.status {
            Some(QueryStatus::Complete) => return Ok(answer.results.unwrap_or_default()),
            Some(QueryStatus::Scheduled | QueryStatus::Running) => {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            other => bail!(failed(&format!("the query ended as {other:?}"))),
        }
    }
}

fn failed(problem: &str) -> anyhow::Error {
    anyhow!("the logs cannot be searched: {problem}")
}

/// What a log event says about the order. The lines that only report a read of it are left out.
fn steps(row: &[ResultField], id: &str) -> Vec<Step> {
    let message = row.iter().find(|field| field.field() == Some("@message"));
    let message = message.and_then(ResultField::value).unwrap_or_default();
    LogLine::in_event(message)
        .filter(|line| line.order_id.as_deref() == Some(id) && !line.is_a_read())
        .map(|line| Step {
            time: line.timestamp,
            what: line.what(),
            source: Source::Function(line.function),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";

    fn steps(more: &str) -> Vec<Step> {
        let message = format!(
            r#"{{"timestamp":"2026-11-22T10:00:00.250000Z","level":"INFO","function":"outbox-relay","message":"record","order_id":"{ID}"{more}}}"#
        );
        let field = ResultField::builder().field("@message").value(message).build();
        super::steps(&[field], ID)
    }

    #[test]
    fn log_groups_are_those_of_all_functions() {
        let stack = Stack::with_outputs([
            ("OrdersFunctionName", "order-fanout-orders"),
            ("LoyaltyFunctionName", "order-fanout-loyalty"),
            ("LoyaltyQueueUrl", "order-fanout-loyalty"),
        ]);
        let groups = log_groups(&stack).unwrap();
        assert_eq!(groups, ["/aws/lambda/order-fanout-loyalty", "/aws/lambda/order-fanout-orders"]);
        assert!(log_groups(&Stack::with_outputs([])).is_err());
    }

    #[test]
    fn line_of_the_order_is_a_step() {
        let step = Step {
            time: "2026-11-22T10:00:00.25Z".parse().unwrap(),
            source: Source::Function("outbox-relay".to_owned()),
            what: "done".to_owned(),
        };
        assert_eq!(steps(r#","outcome":"done""#), [step]);
    }

    #[test]
    fn views_of_the_order_are_left_out() {
        assert_eq!(steps(r#","route":"get_order","outcome":"shown""#), []);
    }
}
