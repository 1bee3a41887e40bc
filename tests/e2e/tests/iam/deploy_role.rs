//! The service role that deployed the stack: it may not change other stacks, its own rights, or
//! make a role that exceeds the boundary.

use std::env;

use aws_credential_types::Credentials;
use e2e::Deployment;
use serde_json::{Value, json};

use crate::signed_http::{Call, HttpResponse, SignedHttp};
use crate::system::{IAM, assume};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The service role.
struct ServiceRole {
    http: SignedHttp,
    arn: String,
    credentials: Credentials,
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is set"))
}

fn boundary() -> String {
    variable("E2E_BOUNDARY")
}

/// A name for a role of the stack.
fn own(name: &str) -> String {
    format!("{}-{name}", variable("ORDER_FANOUT_STACK"))
}

fn everything() -> String {
    let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [all] }).to_string()
}

fn iam(action: &str, fields: &[(&str, &str)]) -> Call {
    Call::form("iam", &[&[("Action", action), IAM][..], fields].concat())
}

/// Creates a role that the account may assume.
fn create_role(name: &str, more: &[(&str, &str)]) -> Call {
    let account = json!({ "Effect": "Allow", "Principal": { "AWS": "000000000000" }, "Action": "sts:AssumeRole" });
    let trust = json!({ "Version": "2012-10-17", "Statement": [account] }).to_string();
    iam(
        "CreateRole",
        &[&[("RoleName", name), ("AssumeRolePolicyDocument", &*trust)][..], more].concat(),
    )
}

fn put_everything(role: &str) -> Call {
    let policy = everything();
    iam("PutRolePolicy", &[("RoleName", role), ("PolicyName", "all"), ("PolicyDocument", &policy)])
}

impl ServiceRole {
    /// Assumes it, as CloudFormation does. The emulator lets the account act for services.
    async fn of_stack() -> Self {
        let (http, arn) = (SignedHttp::tls(), variable("E2E_SERVICE_ROLE"));
        let credentials = assume(&http, &arn, "deployment").await;
        Self { http, arn, credentials }
    }

    async fn call(&self, call: &Call) -> HttpResponse {
        self.http.call(call, &self.credentials).await
    }

    async fn may(&self, call: &Call) -> HttpResponse {
        let response = self.call(call).await;
        assert_eq!(response.status, 200, "{response:?}");
        response
    }

    async fn is_denied(&self, action: &str, call: &Call) {
        let response = self.call(call).await;
        let name = self.arn.rsplit('/').next().expect("an ARN ends with the role's name");
        assert!(response.denies(name, action), "{action}: {response:?}");
    }
}

#[tokio::test]
async fn service_role_creates_only_roles_with_the_boundary() {
    let (role, boundary) = (ServiceRole::of_stack().await, boundary());
    let limit = ("PermissionsBoundary", &*boundary);
    let unlimited = ("PermissionsBoundary", ADMINISTRATOR);
    let name = own("boundary-test");
    role.is_denied("iam:CreateRole", &create_role(&name, &[])).await;
    role.is_denied("iam:CreateRole", &create_role(&name, &[unlimited])).await;
    role.is_denied("iam:CreateRole", &create_role("another-stack-role", &[limit])).await;

    role.may(&create_role(&name, &[limit])).await;
    let this = ("RoleName", &*name);
    let put = |policy| iam("PutRolePermissionsBoundary", &[this, policy]);
    role.may(&put(limit)).await;
    role.is_denied("iam:PutRolePermissionsBoundary", &put(unlimited)).await;
    let remove = iam("DeleteRolePermissionsBoundary", &[this]);
    role.is_denied("iam:DeleteRolePermissionsBoundary", &remove).await;
    let attach = iam("AttachRolePolicy", &[this, ("PolicyArn", ADMINISTRATOR)]);
    role.is_denied("iam:AttachRolePolicy", &attach).await;

    // A policy that allows everything is limited by the boundary.
    role.may(&put_everything(&name)).await;
    let made = format!("arn:aws:iam::000000000000:role/{name}");
    let limited = assume(&role.http, &made, "limited").await;
    let shop = Deployment::under_test().await;
    let read = json!({ "TableName": shop.output("OrdersTable"), "Key": { "id": { "S": "none" } } });
    let allowed = Call::json("dynamodb", "DynamoDB_20120810.GetItem", &read);
    assert_eq!(role.http.call(&allowed, &limited).await.status, 200);
    let list = iam("ListRoles", &[]);
    assert!(role.http.call(&list, &limited).await.denies(&name, "iam:ListRoles"));

    role.may(&iam("DeleteRolePolicy", &[this, ("PolicyName", "all")])).await;
    role.may(&iam("DeleteRole", &[this])).await;
}

#[tokio::test]
async fn service_role_gives_no_rights_to_a_role_without_the_boundary() {
    let (role, name) = (ServiceRole::of_stack().await, own("unbounded-test"));
    let create = create_role(&name, &[]);
    let created = role.http.call(&create, &SignedHttp::account()).await;
    assert_eq!(created.status, 200, "{created:?}");
    role.is_denied("iam:PutRolePolicy", &put_everything(&name)).await;
    role.may(&iam("DeleteRole", &[("RoleName", &name)])).await;
}

#[tokio::test]
async fn service_role_changes_neither_the_boundary_nor_itself() {
    let (role, boundary, everything) = (ServiceRole::of_stack().await, boundary(), everything());
    let this = ("PolicyArn", &*boundary);
    let version = [this, ("PolicyDocument", &*everything), ("SetAsDefault", "true")];
    role.is_denied("iam:CreatePolicyVersion", &iam("CreatePolicyVersion", &version)).await;
    let default = iam("SetDefaultPolicyVersion", &[this, ("VersionId", "v1")]);
    role.is_denied("iam:SetDefaultPolicyVersion", &default).await;
    role.is_denied("iam:DeletePolicy", &iam("DeletePolicy", &[this])).await;

    // Its name begins as those of the stack's roles; its path does not.
    let itself = role.arn.rsplit('/').next().expect("a name").to_owned();
    assert!(itself.starts_with(&own("")), "{itself}");
    let trust = ("PolicyDocument", &*everything);
    let update = iam("UpdateAssumeRolePolicy", &[("RoleName", &itself), trust]);
    role.is_denied("iam:UpdateAssumeRolePolicy", &update).await;
    role.is_denied("iam:PutRolePolicy", &put_everything(&itself)).await;
    role.is_denied("iam:DeleteRole", &iam("DeleteRole", &[("RoleName", &itself)])).await;
}

#[tokio::test]
async fn service_role_changes_only_resources_of_its_stack() {
    let role = ServiceRole::of_stack().await;
    let shop = Deployment::under_test().await;
    let dynamodb = |operation: &str, table: &str, more: Value| {
        let mut body = json!({ "TableName": table });
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().into_iter().flatten());
        Call::json("dynamodb", &format!("DynamoDB_20120810.{operation}"), &body)
    };
    let (own_table, other_table) =
        (shop.output("OrdersTable"), "order-fanout-other-OrdersTable-A1B2C3");
    role.may(&dynamodb("DescribeTable", own_table, json!({}))).await;
    for operation in ["UpdateTable", "DeleteTable", "DescribeTable"] {
        let action = format!("dynamodb:{operation}");
        role.is_denied(&action, &dynamodb(operation, other_table, json!({}))).await;
    }
    let row = json!({ "Key": { "id": { "S": "none" } } });
    role.is_denied("dynamodb:GetItem", &dynamodb("GetItem", own_table, row)).await;

    let sqs = |operation: &str, url: &str| {
        let body = json!({ "QueueUrl": url, "AttributeNames": ["QueueArn"], "Attributes": { "DelaySeconds": "0" } });
        Call::json("sqs", &format!("AmazonSQS.{operation}"), &body)
    };
    let own_queue = shop.output("FulfilmentDlqUrl");
    let other_queue = own_queue.replace(&own(""), "order-fanout-other-");
    assert_ne!(own_queue, other_queue);
    role.may(&sqs("GetQueueAttributes", own_queue)).await;
    for operation in ["SetQueueAttributes", "DeleteQueue", "GetQueueAttributes"] {
        let action = format!("sqs:{operation}");
        role.is_denied(&action, &sqs(operation, &other_queue)).await;
    }
    role.is_denied("sqs:ReceiveMessage", &sqs("ReceiveMessage", own_queue)).await;
}
