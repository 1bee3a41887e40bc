//! Fails single statements of a `BatchExecuteStatement`, as DynamoDB does.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use bytes::Bytes;
use serde_json::{Value, json};

/// The table and the order's id of each insert of a call; empty if the call has no statements.
pub(super) fn inserts(body: &[u8]) -> Vec<(String, String)> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let statements = request["Statements"].as_array().cloned().unwrap_or_default();
    let insert = |statement: Value| {
        let text = statement["Statement"].as_str().unwrap_or_default().to_owned();
        let table = text.split('"').nth(1).unwrap_or_default().to_owned();
        (table, statement["Parameters"][0]["S"].as_str().unwrap_or_default().to_owned())
    };
    statements.into_iter().map(insert).collect()
}

/// The call without these statements; `None` if it has no others.
pub(super) fn without(body: &[u8], failing: &BTreeSet<usize>) -> Result<Option<Bytes>> {
    let mut request: Value = serde_json::from_slice(body)?;
    let statements = request["Statements"].as_array_mut().context("the call has statements")?;
    let mut position = 0..;
    statements.retain(|_| !position.next().is_some_and(|position| failing.contains(&position)));
    Ok((!statements.is_empty()).then(|| request.to_string().into()))
}

/// The answer with the failures at their positions.
pub(super) fn with_failures(answer: &[u8], failing: &BTreeSet<usize>) -> Result<Bytes> {
    let mut answer: Value = serde_json::from_slice(answer)?;
    let responses = answer["Responses"].as_array_mut().context("the answer has responses")?;
    for position in failing {
        let error = json!({ "Code": "ThrottlingError", "Message": "on purpose" });
        responses.insert(*position, json!({ "Error": error }));
    }
    Ok(answer.to_string().into())
}

/// The answer of AWS to a call without statements.
pub(super) const NOTHING_DONE: &[u8] = br#"{"Responses": []}"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn call(ids: &[&str]) -> String {
        let statement = |id: &&str| {
            json!({
                "Statement": "INSERT INTO \"shipments\" VALUE {'order_id': ?}", "Parameters": [{ "S": id }],
            })
        };
        json!({ "Statements": ids.iter().map(statement).collect::<Vec<_>>() }).to_string()
    }

    #[test]
    fn failing_statement_is_taken_out_and_answered_in_its_place() {
        let body = call(&["a", "b", "c"]);
        let table = |id: &str| ("shipments".to_owned(), id.to_owned());
        assert_eq!(inserts(body.as_bytes()), ["a", "b", "c"].map(table));
        let failing = BTreeSet::from([1]);
        let sent = without(body.as_bytes(), &failing).unwrap().unwrap();
        assert_eq!(inserts(&sent), ["a", "c"].map(table));
        let answer = json!({ "Responses": [{ "TableName": "a" }, { "TableName": "c" }] });
        let answer = with_failures(answer.to_string().as_bytes(), &failing).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["Responses"][1]["Error"]["Code"], "ThrottlingError");
        assert_eq!(answer["Responses"][2]["TableName"], "c");
    }

    #[test]
    fn call_with_only_failing_statements_is_not_sent() {
        let failing = BTreeSet::from([0]);
        assert!(without(call(&["a"]).as_bytes(), &failing).unwrap().is_none());
        let answer = with_failures(NOTHING_DONE, &failing).unwrap();
        assert!(String::from_utf8_lossy(&answer).contains("ThrottlingError"));
    }
}
