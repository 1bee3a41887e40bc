//! SNS's successful responses.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};

const REQUEST: &str = "<ResponseMetadata><RequestId>f187a3c1-376f-11df-8963-01868b7c937a</RequestId></ResponseMetadata>";
const MESSAGE_ID: &str = "<MessageId>94f20ce6-13c5-43a0-9a9e-ca52d816e90b</MessageId>";
const NAMESPACE: &str = "xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"";

/// The response's status and body for a form. The error says what is wrong with the request.
pub(super) fn answer(form: &HashMap<String, String>) -> Result<(u16, String)> {
    let has = |name: &str| form.get(name).is_some_and(|value| !value.is_empty());
    ensure!(has("TopicArn"), "SNS is asked without a topic");
    match form.get("Action").map(String::as_str) {
        Some("Publish") => {
            ensure!(
                has("Message") && has("MessageAttributes.entry.1.Name"),
                "a message or its attributes are missing"
            );
            let result = format!("<PublishResult>{MESSAGE_ID}</PublishResult>{REQUEST}");
            Ok((200, format!("<PublishResponse {NAMESPACE}>{result}</PublishResponse>")))
        }
        Some("PublishBatch") => {
            let ids = (1..)
                .map_while(|at| form.get(&format!("PublishBatchRequestEntries.member.{at}.Id")));
            let members = ids.map(|id| format!("<member><Id>{id}</Id>{MESSAGE_ID}</member>"));
            let members: Vec<_> = members.collect();
            Ok(if members.is_empty() { refused() } else { (200, batch(&members.concat())) })
        }
        other => bail!("SNS is not asked for {other:?}"),
    }
}

fn batch(members: &str) -> String {
    let result = format!(
        "<PublishBatchResult><Failed/><Successful>{members}</Successful></PublishBatchResult>{REQUEST}"
    );
    format!("<PublishBatchResponse {NAMESPACE}>{result}</PublishBatchResponse>")
}

/// The rejection of the empty publish that opens a connection.
fn refused() -> (u16, String) {
    let error = "<Error><Type>Sender</Type><Code>EmptyBatchRequest</Code><Message>The batch request doesn't contain any \
                 entries.</Message></Error>";
    (400, format!("<ErrorResponse {NAMESPACE}>{error}</ErrorResponse>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(form: &[(&str, &str)]) -> Result<(u16, String)> {
        let form = form.iter().chain(&[("TopicArn", "arn")]);
        answer(&form.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn batch_entries_are_acknowledged_and_empty_rejected() {
        let id = |at: u8| format!("PublishBatchRequestEntries.member.{at}.Id");
        let form = [("Action", "PublishBatch"), (&*id(1), "one"), (&*id(2), "two")];
        let (status, body) = asked(&form).unwrap();
        assert_eq!((status, body.matches("<MessageId>").count()), (200, 2));
        assert!(body.contains("<Id>one</Id>") && body.contains("<Id>two</Id>"));
        assert_eq!(asked(&form[..1]).unwrap().0, 400);
    }

    #[test]
    fn invalid_sns_calls_are_errors() {
        asked(&[("Action", "Publish")]).unwrap_err();
        asked(&[("Action", "CreateTopic")]).unwrap_err();
    }
}
