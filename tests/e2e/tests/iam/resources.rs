//! The stack's resources, and the actions to test on each.

/// The kinds of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    Index,
    Queue,
    Topic,
    Logs,
    Function,
    Role,
    Account,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Table,
        Self::Index,
        Self::Queue,
        Self::Topic,
        Self::Logs,
        Self::Function,
        Self::Role,
        Self::Account,
    ];

    pub(crate) fn named(self) -> &'static str {
        match self {
            Self::Table => "a table",
            Self::Index => "an index",
            Self::Queue => "a queue",
            Self::Topic => "a topic",
            Self::Logs => "a log group",
            Self::Function => "a function",
            Self::Role => "a role",
            Self::Account => "the account",
        }
    }

    /// All actions to test on this kind of resource.
    pub(crate) fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Table => &[
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:Query",
                "dynamodb:Scan",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:PartiQLSelect",
                "dynamodb:PartiQLInsert",
                "dynamodb:PartiQLUpdate",
                "dynamodb:PartiQLDelete",
                "dynamodb:DescribeTable",
                "dynamodb:UpdateTable",
            ],
            Self::Index => &["dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect"],
            Self::Queue => &[
                "sqs:SendMessage",
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:PurgeQueue",
                "sqs:GetQueueAttributes",
                "sqs:SetQueueAttributes",
            ],
            Self::Topic => &[
                "sns:Publish",
                "sns:Subscribe",
                "sns:GetTopicAttributes",
                "sns:SetTopicAttributes",
            ],
            Self::Logs => &[
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
                "logs:PutRetentionPolicy",
            ],
            Self::Function => &[
                "lambda:InvokeFunction",
                "lambda:GetFunction",
                "lambda:UpdateFunctionConfiguration",
            ],
            Self::Role => &["iam:GetRole", "iam:PutRolePolicy", "sts:AssumeRole"],
            Self::Account => &[
                "dynamodb:ListTables",
                "sqs:ListQueues",
                "sns:ListTopics",
                "logs:DescribeLogGroups",
                "lambda:ListFunctions",
                "iam:ListRoles",
                "kms:ListKeys",
                "s3:ListAllMyBuckets",
                "cloudformation:ListStacks",
            ],
        }
    }
}

/// The tables besides the subscribers'.
const TABLES: [&str; 2] = ["OrdersTable", "IdempotencyKeysTable"];
/// The indexes, with their tables and keys.
pub(crate) const INDEXES: [(&str, &str, &str); 2] = [
    ("OrdersTable/index/outbox", "OrdersTable", "outbox"),
    ("PromotionTable/index/code", "PromotionTable", "code"),
];
const TOPICS: [&str; 2] = ["OrdersTopic", "AlarmTopic"];

/// The key of a table.
pub(crate) fn key_of(table: &str) -> &'static str {
    match table {
        "OrdersTable" => "id",
        "IdempotencyKeysTable" => "idempotency_key",
        _ => "order_id",
    }
}

/// What the logical ids of a function's resources begin with: `OutboxRelay` for `outbox-relay`.
pub(crate) fn prefix(function: &str) -> String {
    devstack::resource(function).trim_end_matches("Function").to_owned()
}

/// All tested resources by logical id, in a stack with these subscribers.
pub(crate) fn tried_resources(subscribers: &[String]) -> Vec<(String, Kind)> {
    let each = |names: &[&str], kind| {
        names.iter().map(move |name| ((*name).to_owned(), kind)).collect::<Vec<_>>()
    };
    let subscribers: Vec<_> = subscribers.iter().map(|function| prefix(function)).collect();
    let of_subscribers = |suffixes: &[&str], kind| {
        let of_one = |name| suffixes.iter().map(move |suffix| (format!("{name}{suffix}"), kind));
        subscribers.iter().flat_map(of_one).collect::<Vec<_>>()
    };
    let of_functions = |suffix: &str, kind| {
        let others = each(&[&format!("Orders{suffix}"), &format!("OutboxRelay{suffix}")], kind);
        [others, of_subscribers(&[suffix], kind)].concat()
    };
    [
        each(&TABLES, Kind::Table),
        of_subscribers(&["Table"], Kind::Table),
        each(&INDEXES.map(|(name, ..)| name), Kind::Index),
        of_subscribers(&["Queue", "Dlq", "SubscriptionDlq"], Kind::Queue),
        each(&TOPICS, Kind::Topic),
        of_functions("Logs", Kind::Logs),
        of_functions("Function", Kind::Function),
        of_functions("Role", Kind::Role),
        each(&["OutboxRelayScheduleRole"], Kind::Role),
        each(&["the account"], Kind::Account),
    ]
    .concat()
}
