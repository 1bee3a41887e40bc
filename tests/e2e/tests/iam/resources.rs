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

/// The tables with their keys, and the indexes with theirs.
pub(crate) const TABLES: [(&str, &str); 5] = [
    ("OrdersTable", "id"),
    ("IdempotencyKeysTable", "idempotency_key"),
    ("ShipmentsTable", "order_id"),
    ("CouponsTable", "order_id"),
    ("InvoicesTable", "order_id"),
];
pub(crate) const INDEXES: [(&str, &str, &str); 2] = [
    ("OrdersTable/index/outbox", "OrdersTable", "outbox"),
    ("CouponsTable/index/code", "CouponsTable", "code"),
];
const QUEUES: [&str; 9] = [
    "FulfilmentQueue",
    "FulfilmentDlq",
    "FulfilmentSubscriptionDlq",
    "PromotionQueue",
    "PromotionDlq",
    "PromotionSubscriptionDlq",
    "InvoicingQueue",
    "InvoicingDlq",
    "InvoicingSubscriptionDlq",
];
const TOPICS: [&str; 2] = ["OrdersTopic", "AlarmTopic"];

/// All tested resources by logical id, in the template's order.
pub(crate) fn tried_resources() -> Vec<(String, Kind)> {
    let each = |names: &[&str], kind| {
        names.iter().map(move |name| ((*name).to_owned(), kind)).collect::<Vec<_>>()
    };
    let of_functions = |what: &'static str, kind| {
        ["Orders", "OutboxRelay", "Fulfilment", "Promotion", "Invoicing"]
            .map(|function| (format!("{function}{what}"), kind))
            .to_vec()
    };
    [
        each(&TABLES.map(|(name, _)| name), Kind::Table),
        each(&INDEXES.map(|(name, ..)| name), Kind::Index),
        each(&QUEUES, Kind::Queue),
        each(&TOPICS, Kind::Topic),
        of_functions("Logs", Kind::Logs),
        of_functions("Function", Kind::Function),
        of_functions("Role", Kind::Role),
        each(&["OutboxRelayScheduleRole"], Kind::Role),
        each(&["the account"], Kind::Account),
    ]
    .concat()
}
