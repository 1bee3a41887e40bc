//! How AWS's services name operations and report errors.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Response, StatusCode};

use super::Fault;

const TARGET: &str = "x-amz-target";

/// Whether the service speaks JSON, as DynamoDB and SQS do, rather than XML, as SNS does.
pub(super) fn speaks_json(headers: &HeaderMap) -> bool {
    headers.contains_key(TARGET)
}

/// The requested operation, such as `PutItem`. DynamoDB names it in a header, SNS in the body.
pub(super) fn operation(headers: &HeaderMap, body: &[u8]) -> String {
    let target = headers.get(TARGET).and_then(|target| target.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.rsplit_once('.')) {
        return operation.to_owned();
    }
    let body = String::from_utf8_lossy(body);
    body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned()
}

/// The response of DynamoDB (JSON) or SNS (XML) for a fault.
pub(super) fn error_answer(fault: Fault, json: bool, request: &[u8]) -> Response<Full<Bytes>> {
    let (status, code) = match (fault, json) {
        (Fault::Throttle, true) => (StatusCode::BAD_REQUEST, "ThrottlingException"),
        (Fault::Throttle, false) => (StatusCode::BAD_REQUEST, "Throttling"),
        (Fault::Conflict, _) => (StatusCode::BAD_REQUEST, "TransactionCanceledException"),
        (_, true) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        (_, false) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
    };
    let (content_type, body) = if json {
        let mut error = serde_json::json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "on purpose" });
        if fault == Fault::Conflict {
            error["CancellationReasons"] = reasons(request).into();
        }
        ("application/x-amz-json-1.0", error.to_string())
    } else {
        let error = format!(
            "<Error><Type>Receiver</Type><Code>{code}</Code><Message>on purpose</Message></Error>"
        );
        (
            "text/xml",
            format!("<ErrorResponse>{error}<RequestId>on-purpose</RequestId></ErrorResponse>"),
        )
    };
    let response = Response::builder().status(status).header(CONTENT_TYPE, content_type);
    response.body(Full::from(body)).expect("these headers are valid")
}

/// The cancellation reason of each write of a transaction. The conflict is on the item that is
/// updated (a coupon), or else on the first item (an idempotency key).
fn reasons(request: &[u8]) -> Vec<serde_json::Value> {
    let request: serde_json::Value = serde_json::from_slice(request).unwrap_or_default();
    let writes = request["TransactItems"].as_array().map_or(&[][..], Vec::as_slice);
    let met = writes.iter().position(|write| write.get("Update").is_some()).unwrap_or(0);
    let code = |write| if write == met { "TransactionConflict" } else { "None" };
    (0..writes.len()).map(|write| serde_json::json!({ "Code": code(write) })).collect()
}
