//! A call for every tested action, with little effect where it is allowed.

use e2e::OrderEvent;
use serde_json::{Value, json};

use crate::resources::{INDEXES, Kind, key_of};
use crate::signed_http::Call;
use crate::system::{IAM, Role, System, taking};

/// The call of this action on this resource.
pub(crate) fn call(system: &System, action: &str, resource: &str, kind: Kind) -> Call {
    let shop = &system.shop;
    match kind {
        Kind::Table => on_table(action, shop.output(resource), key_of(resource)),
        Kind::Index => {
            let (_, table, index) =
                INDEXES.into_iter().find(|(name, ..)| *name == resource).expect("an index");
            on_index(action, shop.output(table), index)
        }
        Kind::Queue => on_queue(action, shop.output(&format!("{resource}Url"))),
        Kind::Topic => on_topic(action, shop.output(&format!("{resource}Arn"))),
        Kind::Logs => {
            on_logs(action, shop.output(&format!("{}FunctionName", resource.replace("Logs", ""))))
        }
        Kind::Function => on_function(system, action, shop.output(&format!("{resource}Name"))),
        Kind::Role => {
            let name = match resource {
                "OutboxRelayScheduleRole" => "schedule",
                "OutboxRelayRole" => "outbox-relay",
                of_function => &of_function.replace("Role", "").to_lowercase(),
            };
            on_role(action, system.role(name))
        }
        Kind::Account => on_account(action),
    }
}

fn unknown(action: &str) -> ! {
    panic!("nobody knows how to call {action}")
}

fn on_table(action: &str, table: &str, key: &str) -> Call {
    let row = json!({ key: { "S": "of-nobody" } });
    let one = |request: Value| json!({ "RequestItems": { table: request } });
    let partiql = |text: String| {
        let statement = json!({ "Statement": text, "Parameters": [{ "S": "of-nobody" }] });
        ("BatchExecuteStatement", json!({ "Statements": [statement] }))
    };
    let transaction = |write: Value| json!({ "TransactItems": [write] });
    let absent = json!({ "TableName": table, "Key": row, "ConditionExpression": format!("attribute_not_exists({key})") });
    let (operation, body) = match action {
        "dynamodb:GetItem" => ("GetItem", json!({ "TableName": table, "Key": row })),
        "dynamodb:BatchGetItem" => ("BatchGetItem", one(json!({ "Keys": [row] }))),
        "dynamodb:Query" => {
            let (condition, values) =
                (format!("{key} = :key"), json!({ ":key": { "S": "of-nobody" } }));
            let query = json!({ "TableName": table, "KeyConditionExpression": condition, "ExpressionAttributeValues": values });
            ("Query", query)
        }
        "dynamodb:Scan" => ("Scan", json!({ "TableName": table, "Limit": 1 })),
        "dynamodb:PutItem" => ("PutItem", json!({ "TableName": table, "Item": row })),
        "dynamodb:UpdateItem" => {
            let update =
                json!({ "TableName": table, "Key": row, "UpdateExpression": "REMOVE nothing" });
            ("UpdateItem", update)
        }
        "dynamodb:DeleteItem" => ("DeleteItem", json!({ "TableName": table, "Key": row })),
        "dynamodb:ConditionCheckItem" => {
            ("TransactWriteItems", transaction(json!({ "ConditionCheck": absent })))
        }
        "dynamodb:BatchWriteItem" => {
            ("BatchWriteItem", one(json!([{ "DeleteRequest": { "Key": row } }])))
        }
        "dynamodb:PartiQLSelect" => partiql(format!("SELECT * FROM \"{table}\" WHERE {key} = ?")),
        "dynamodb:PartiQLInsert" => {
            partiql(format!("INSERT INTO \"{table}\" VALUE {{'{key}': ?}}"))
        }
        "dynamodb:PartiQLUpdate" => {
            partiql(format!("UPDATE \"{table}\" REMOVE nothing WHERE {key} = ?"))
        }
        "dynamodb:PartiQLDelete" => partiql(format!("DELETE FROM \"{table}\" WHERE {key} = ?")),
        "dynamodb:DescribeTable" => ("DescribeTable", json!({ "TableName": table })),
        "dynamodb:UpdateTable" => {
            ("UpdateTable", json!({ "TableName": table, "DeletionProtectionEnabled": false }))
        }
        other => unknown(other),
    };
    Call::json("dynamodb", &format!("DynamoDB_20120810.{operation}"), &body)
}

fn on_index(action: &str, table: &str, index: &str) -> Call {
    let value = if index == "outbox" { json!({ "N": "0" }) } else { json!({ "S": "OFNOBODY" }) };
    let (operation, body) = match action {
        "dynamodb:Query" => {
            let condition = json!({
                "TableName": table, "IndexName": index,
                "KeyConditionExpression": format!("{index} = :key"), "ExpressionAttributeValues": { ":key": value }
            });
            ("Query", condition)
        }
        "dynamodb:Scan" => ("Scan", json!({ "TableName": table, "IndexName": index, "Limit": 1 })),
        "dynamodb:PartiQLSelect" => {
            let text = format!("SELECT * FROM \"{table}\".\"{index}\" WHERE {index} = ?");
            ("ExecuteStatement", json!({ "Statement": text, "Parameters": [value] }))
        }
        other => unknown(other),
    };
    Call::json("dynamodb", &format!("DynamoDB_20120810.{operation}"), &body)
}

fn on_queue(action: &str, queue: &str) -> Call {
    let mut body = json!({ "QueueUrl": queue });
    let more = match action {
        // Delayed, so that it is purged before a subscriber receives it.
        "sqs:SendMessage" => json!({ "MessageBody": "tried", "DelaySeconds": 900 }),
        "sqs:ReceiveMessage" => json!({ "MaxNumberOfMessages": 1 }),
        "sqs:DeleteMessage" => json!({ "ReceiptHandle": "none" }),
        "sqs:ChangeMessageVisibility" => json!({ "ReceiptHandle": "none", "VisibilityTimeout": 0 }),
        "sqs:PurgeQueue" => json!({}),
        "sqs:GetQueueAttributes" => json!({ "AttributeNames": ["All"] }),
        "sqs:SetQueueAttributes" => json!({ "Attributes": { "DelaySeconds": "0" } }),
        other => unknown(other),
    };
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Call::json("sqs", &action.replace("sqs:", "AmazonSQS."), &body)
}

fn on_topic(action: &str, topic: &str) -> Call {
    let event = OrderEvent::of("1.00").body();
    let more: &[_] = match action {
        "sns:Publish" => &[("Message", event.as_str())],
        "sns:Subscribe" => &[("Protocol", "sqs"), ("Endpoint", "nowhere")],
        "sns:GetTopicAttributes" => &[],
        "sns:SetTopicAttributes" => &[("AttributeName", "NoSuchAttribute"), ("AttributeValue", "")],
        other => unknown(other),
    };
    let what =
        [("Action", &action["sns:".len()..]), ("Version", "2010-03-31"), ("TopicArn", topic)];
    Call::form("sns", &[&what[..], more].concat())
}

fn on_logs(action: &str, function: &str) -> Call {
    let group = format!("/aws/lambda/{function}");
    let mut body = json!({ "logGroupName": group });
    let more = match action {
        "logs:CreateLogStream" | "logs:GetLogEvents" => json!({ "logStreamName": "tried" }),
        "logs:PutLogEvents" => {
            json!({ "logStreamName": "tried", "logEvents": [{ "timestamp": 1_800_000_000_000_u64, "message": "tried" }] })
        }
        "logs:FilterLogEvents" => json!({ "limit": 1 }),
        "logs:PutRetentionPolicy" => json!({ "retentionInDays": 1 }),
        other => unknown(other),
    };
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Call::json("logs", &action.replace("logs:", "Logs_20140328."), &body)
}

fn on_function(system: &System, action: &str, function: &str) -> Call {
    let path = format!("/2015-03-31/functions/{function}");
    match action {
        "lambda:InvokeFunction" => {
            system.starting(function).with_header("x-amz-invocation-type", "DryRun")
        }
        "lambda:GetFunction" => Call::rest("lambda", "GET", path, ""),
        "lambda:UpdateFunctionConfiguration" => {
            Call::rest("lambda", "PUT", format!("{path}/configuration"), "{}")
        }
        other => unknown(other),
    }
}

fn on_role(action: &str, role: &Role) -> Call {
    let iam = |action, more: &[(&str, &str)]| {
        let what = [("Action", action), IAM, ("RoleName", role.physical())];
        Call::form("iam", &[&what[..], more].concat())
    };
    match action {
        "iam:GetRole" => iam("GetRole", &[]),
        "iam:PutRolePolicy" => {
            iam("PutRolePolicy", &[("PolicyName", "mine"), ("PolicyDocument", "none")])
        }
        "sts:AssumeRole" => taking(&role.arn, "tried"),
        other => unknown(other),
    }
}

fn on_account(action: &str) -> Call {
    let nothing = json!({});
    match action {
        "dynamodb:ListTables" => Call::json("dynamodb", "DynamoDB_20120810.ListTables", &nothing),
        "sqs:ListQueues" => Call::json("sqs", "AmazonSQS.ListQueues", &nothing),
        "sns:ListTopics" => {
            Call::form("sns", &[("Action", "ListTopics"), ("Version", "2010-03-31")])
        }
        "logs:DescribeLogGroups" => Call::json("logs", "Logs_20140328.DescribeLogGroups", &nothing),
        "lambda:ListFunctions" => {
            Call::rest("lambda", "GET", "/2015-03-31/functions".to_owned(), "")
        }
        "iam:ListRoles" => Call::form("iam", &[("Action", "ListRoles"), IAM]),
        "kms:ListKeys" => Call::json("kms", "TrentService.ListKeys", &nothing),
        "s3:ListAllMyBuckets" => Call::rest("s3", "GET", "/".to_owned(), ""),
        "cloudformation:ListStacks" => {
            Call::form("cloudformation", &[("Action", "ListStacks"), ("Version", "2010-05-15")])
        }
        other => unknown(other),
    }
}
