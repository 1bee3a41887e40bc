//! The callers: the roles of the functions and of the relay's schedule, and other identities of the
//! account.

use aws_credential_types::Credentials;
use e2e::Deployment;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::signed_http::{Call, SignedHttp};

/// The roles besides the subscribers'.
pub(crate) const OTHER_ROLES: [&str; 3] = ["orders", "outbox-relay", "schedule"];

/// An assumed role of the stack.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// The name of its function, or `schedule`.
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) credentials: Credentials,
}

impl Role {
    /// Its physical name in AWS.
    pub(crate) fn physical(&self) -> &str {
        self.arn.rsplit('/').next().expect("an ARN ends with the role's name")
    }
}

/// The stack and its roles.
#[derive(Debug)]
pub(crate) struct System {
    pub(crate) shop: Deployment,
    /// The names of the subscribers' functions.
    pub(crate) subscribers: Vec<String>,
    pub(crate) roles: Vec<Role>,
    /// The suffix after a function's name in calls: its alias, if any.
    pub(crate) alias: String,
}

impl System {
    /// Assumes the stack's roles, as Lambda and the scheduler do. The emulator lets the account act
    /// for these services.
    pub(crate) async fn under_test(http: &SignedHttp) -> Self {
        let shop = Deployment::under_test().await;
        let subscribers = subscribers(&shop);
        let target = schedules_target(&shop, http).await;
        let mut roles = vec![];
        for name in OTHER_ROLES.map(str::to_owned).iter().chain(&subscribers) {
            let arn = match &**name {
                "schedule" => text(&target["RoleArn"]),
                function => functions_role(&shop, http, function).await,
            };
            let credentials = assume(http, &arn, name).await;
            roles.push(Role { name: name.clone(), arn, credentials });
        }
        let called = text(&target["Arn"]);
        let alias = called
            .rsplit_once(shop.output("OutboxRelayFunctionName"))
            .expect("the schedule starts the relay")
            .1;
        Self { shop, subscribers, roles, alias: alias.to_owned() }
    }

    pub(crate) fn role(&self, name: &str) -> &Role {
        self.roles.iter().find(|role| role.name == name).expect("a role of the stack")
    }

    /// The call that invokes a function.
    pub(crate) fn starting(&self, function: &str) -> Call {
        Call::rest(
            "lambda",
            "POST",
            format!("/2015-03-31/functions/{function}{}/invocations", self.alias),
            "{}",
        )
    }
}

/// The names of the subscribers' functions.
pub(crate) fn subscribers(shop: &Deployment) -> Vec<String> {
    shop.subscribers().into_iter().map(|subscriber| subscriber.function).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The output with a function's name.
pub(crate) fn function_output(function: &str) -> String {
    format!("{}Name", devstack::resource(function))
}

async fn functions_role(shop: &Deployment, http: &SignedHttp, function: &str) -> String {
    let path =
        format!("/2015-03-31/functions/{}/configuration", shop.output(&function_output(function)));
    let response = http.call(&Call::rest("lambda", "GET", path, ""), &SignedHttp::account()).await;
    text(&response.json()["Role"])
}

/// The target of the relay's schedule, with its role.
async fn schedules_target(shop: &Deployment, http: &SignedHttp) -> Value {
    let relay = format!(":function:{}", shop.output("OutboxRelayFunctionName"));
    let ask = async |path: String| {
        http.call(&Call::rest("scheduler", "GET", path, ""), &SignedHttp::account()).await.json()
    };
    let schedules = ask("/schedules".to_owned()).await["Schedules"]
        .as_array()
        .cloned()
        .expect("a list of schedules");
    let of_relay =
        |one: &&Value| one["Target"]["Arn"].as_str().is_some_and(|target| target.contains(&relay));
    let schedule = schedules.iter().find(of_relay).expect("the relay has a schedule");
    ask(format!("/schedules/{}", text(&schedule["Name"]))).await["Target"].clone()
}

/// The call that assumes a role.
pub(crate) fn taking(role_arn: &str, session: &str) -> Call {
    let action = [("Action", "AssumeRole"), ("Version", "2011-06-15")];
    Call::form(
        "sts",
        &[&action[..], &[("RoleArn", role_arn), ("RoleSessionName", session)]].concat(),
    )
}

pub(crate) async fn assume(http: &SignedHttp, role_arn: &str, session: &str) -> Credentials {
    let response = http.call(&taking(role_arn, session), &SignedHttp::account()).await;
    let [id, secret, token] = ["AccessKeyId", "SecretAccessKey", "SessionToken"]
        .map(|name| response.element(name).to_owned());
    Credentials::new(id, secret, Some(token), None, "role")
}

/// The API version of IAM.
pub(crate) const IAM: (&str, &str) = ("Version", "2010-05-08");

/// Creates a role outside the stack without permissions, and returns its name and credentials.
async fn outsider(http: &SignedHttp) -> (String, Credentials) {
    let name = format!("outsider-{}", Uuid::new_v4());
    let who = Call::form("sts", &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]);
    let account = http.call(&who, &SignedHttp::account()).await.element("Arn").to_owned();
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": account }, "Action": "sts:AssumeRole" }
    ] });
    let create = [
        ("Action", "CreateRole"),
        IAM,
        ("RoleName", &name),
        ("AssumeRolePolicyDocument", &trust.to_string()),
    ];
    let created = http.call(&Call::form("iam", &create), &SignedHttp::account()).await;
    let credentials = assume(http, created.element("Arn"), "outsider").await;
    (name, credentials)
}

/// A role of this account without permissions.
pub(crate) async fn nobody(http: &SignedHttp) -> Credentials {
    outsider(http).await.1
}

/// A role of this account with all permissions.
pub(crate) async fn administrator(http: &SignedHttp) -> Credentials {
    let (name, credentials) = outsider(http).await;
    let all = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let (role, policy) = (("RoleName", &*name), ("PolicyName", "all"));
    let put =
        [("Action", "PutRolePolicy"), IAM, role, policy, ("PolicyDocument", &all.to_string())];
    let response = http.call(&Call::form("iam", &put), &SignedHttp::account()).await;
    assert_eq!(response.status, 200, "{response:?}");
    credentials
}
