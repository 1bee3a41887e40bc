//! What the functions logged about an order, found by CloudWatch Logs Insights.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_client::sdk_error_message;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use domain::OrderId;
use jiff::Timestamp;
use serde_json::Value;

use super::step::{Source, Step};
use crate::context::Context;
use crate::stack::Stack;

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
            "fields @timestamp, @message, @log | filter @message like /{id}/ | sort @timestamp asc"
        ))
        .limit(MOST_LINES);
    let started = query.send().await.map_err(|error| failed(&sdk_error_message(&error)))?;
    let query = started.query_id.context("Logs Insights returned no query id")?;
    let rows = tokio::time::timeout(ANSWERED_WITHIN, results(&client, &query)).await;
    let rows = rows.map_err(|_| failed("it took more than a minute"))??;
    Ok(rows.iter().flat_map(|row| steps(row, context.stack.name(), &id.to_string())).collect())
}

/// The log groups of all functions of the stack.
fn log_groups(stack: &Stack) -> Result<Vec<String>> {
    let functions = stack.outputs_ending_in("FunctionName")?;
    Ok(functions.values().map(|function| format!("/aws/lambda/{function}")).collect())
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

/// The lines of a log event that name the order: a local function writes text, with several lines
/// in one event.
fn steps(row: &[ResultField], stack: &str, id: &str) -> Vec<Step> {
    let field = |name: &str| {
        let field = row.iter().find(|field| field.field() == Some(name));
        field.and_then(ResultField::value).unwrap_or_default()
    };
    let Ok(time) = format!("{}Z", field("@timestamp").replacen(' ', "T", 1)).parse() else {
        return vec![];
    };
    // `account:/aws/lambda/stack-function`
    let group = field("@log").rsplit('/').next().unwrap_or_default();
    let source = group.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')).unwrap_or(group);
    let message = console::strip_ansi_codes(field("@message"));
    let lines = message.lines().filter(|line| line.contains(id) && !is_a_read(line));
    let step = |line| Step {
        time,
        source: Source::Function(source.to_owned()),
        what: what(line, source, id),
    };
    lines.map(step).collect()
}

/// Whether the line only reports a read of the order, as its page sends every few seconds.
fn is_a_read(line: &str) -> bool {
    [r#""route":"get_order""#, r#"route="get_order""#].iter().any(|route| line.contains(route))
}

/// A line's text without what other columns show.
fn what(line: &str, source: &str, id: &str) -> String {
    let Ok(Value::Object(line)) = serde_json::from_str(line) else {
        let line = line.replace(&format!(" order_id={id}"), "");
        return line.trim_start_matches(source).trim().to_owned();
    };
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let outcome = text("outcome").or(text("message")).unwrap_or_default();
    match text("error").or(text("reason")) {
        Some(problem) => format!("{outcome}: {problem}"),
        None => outcome.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11";

    fn row(message: &str) -> Vec<ResultField> {
        let field =
            |name: &str, value: &str| ResultField::builder().field(name).value(value).build();
        vec![
            field("@timestamp", "2026-11-22 10:00:00.250"),
            field("@message", message),
            field("@log", "123456789012:/aws/lambda/order-fanout-outbox-relay"),
        ]
    }

    fn steps(message: &str) -> Vec<Step> {
        super::steps(&row(message), "order-fanout", ID)
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
    fn json_line_yields_its_outcome_and_reason() {
        let step = |what: &str| Step {
            time: "2026-11-22T10:00:00.25Z".parse().unwrap(),
            source: Source::Function("outbox-relay".to_owned()),
            what: what.to_owned(),
        };
        let line = |more: &str| {
            format!(r#"{{"level":"INFO","message":"record","order_id":"{ID}"{more}}}"#)
        };
        assert_eq!(steps(&line(r#","outcome":"done""#)), [step("done")]);
        assert_eq!(steps(&line(r#","outcome":"retry","reason":"busy""#)), [step("retry: busy")]);
        assert_eq!(steps(&line("")), [step("record")]);
    }

    #[test]
    fn views_of_the_order_are_left_out() {
        let json = format!(
            r#"{{"message":"request","route":"get_order","order_id":"{ID}","outcome":"shown"}}"#
        );
        let text = format!(
            "orders INFO request \u{1b}[3mroute\u{1b}[0m=\"get_order\" status=200 order_id={ID} outcome=\"shown\""
        );
        assert_eq!([json, text].map(|line| steps(&line)), [vec![], vec![]]);
    }

    #[test]
    fn text_lines_of_the_order_are_shown_without_colour() {
        let message = format!(
            "START\noutbox-relay \u{1b}[32m INFO\u{1b}[0m record order_id={ID} outcome=\"done\"\nEND"
        );
        let what: Vec<_> = steps(&message).into_iter().map(|step| step.what).collect();
        assert_eq!(what, ["INFO record outcome=\"done\""]);
    }
}
