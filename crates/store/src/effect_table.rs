//! A subscriber's table of completed work: one row per order, inserted once and never changed.

use std::time::Duration;

use aws_client::CallPolicy;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BatchStatementErrorCodeEnum, BatchStatementRequest};
use aws_types::SdkConfig;

use crate::client::client;
use crate::statements::{StatementError, execute};
use crate::{Row, StoreError, Value};

/// A table keyed by `order_id`, in which a second insert for an order fails. That failure turns
/// at-least-once delivery into an exactly-once effect, so rows are never deleted and never expire.
#[derive(Clone, Debug)]
pub struct EffectTable {
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// A batch's insert takes at most half of the shortest function timeout in use, so that SQS gets
/// its response in time.
const INSERT: CallPolicy = CallPolicy {
    max_attempts: 3,
    attempt_timeout: Duration::from_millis(400),
    total_timeout: Duration::from_millis(900),
};

/// The result for one row.
#[derive(Debug)]
pub enum Inserted {
    /// The row was inserted.
    New,
    /// An earlier delivery inserted the order's row; nothing changed.
    AlreadyThere,
    /// The row is not known to be in the table.
    Failed(StoreError),
}

impl EffectTable {
    /// Makes a client and opens its connection with an insert without a key, which DynamoDB
    /// rejects. If the connection fails, the first batch opens it.
    pub async fn connect(sdk: &SdkConfig, table: String) -> Self {
        let effect_table = Self { client: client(sdk, INSERT), table };
        let refused = execute(
            &effect_table.client,
            vec![effect_table.statement(vec![("primed", Value::text("true"))])],
        )
        .await;
        if let [Err(StatementError::Indeterminate(error))] = &refused[..] {
            tracing::warn!(%error, "DynamoDB did not answer at start-up");
        }
        effect_table
    }

    /// Inserts up to 25 rows (the limit of `BatchExecuteStatement`) of different orders in one
    /// request. Returns one result per row, in the order given. A failed row does not affect the
    /// others.
    pub async fn insert<R: Row>(&self, rows: &[R]) -> Vec<Inserted> {
        let statements = rows.iter().map(|row| self.statement(row.columns())).collect();
        let done = execute(&self.client, statements).await.into_iter().map(|done| match done {
            Ok(()) => Inserted::New,
            Err(StatementError::Rejected(BatchStatementErrorCodeEnum::DuplicateItem)) => {
                Inserted::AlreadyThere
            }
            Err(undone) => Inserted::Failed(undone.into()),
        });
        done.collect()
    }

    fn statement(&self, columns: Vec<(&'static str, Value)>) -> BatchStatementRequest {
        let names: Vec<_> = columns.iter().map(|(name, _)| format!("'{name}': ?")).collect();
        BatchStatementRequest::builder()
            .statement(format!("INSERT INTO \"{}\" VALUE {{{}}}", self.table, names.join(", ")))
            .set_parameters(Some(columns.into_iter().map(|(_, value)| value.into()).collect()))
            .build()
            .expect("a statement is given")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_mock::{MockAws, order, shipment};
    use domain::Shipment;
    use serde_json::{Value, json};

    /// Inserts into a mock table that gives this response, after the one to the opening request.
    async fn insert(rows: &[Shipment], answer: (u16, Value)) -> (MockAws, Vec<Inserted>) {
        let aws = MockAws::responding([(200, json!({})), answer]);
        let effect_table = EffectTable::connect(&aws.sdk(), "shipments".to_owned()).await;
        let inserted = effect_table.insert(rows).await;
        (aws, inserted)
    }

    fn shipments<const ROWS: usize>() -> [Shipment; ROWS] {
        std::array::from_fn(|_| shipment(order("81.50").id))
    }

    #[tokio::test]
    async fn rows_are_inserted_in_one_batch_request() {
        let rows = shipments::<2>();
        let (aws, _) = insert(&rows, (200, json!({"Responses": [{}, {}]}))).await;
        let [_primed, asked] = aws.requests();
        let (operation, body) = asked.json();
        assert_eq!(operation, "BatchExecuteStatement");
        let statement = r#"INSERT INTO "shipments" VALUE {'order_id': ?, 'tracking_number': ?, 'shipped_at': ?}"#;
        let expected = rows.map(|Shipment { order_id, tracking_number, shipped_at }| {
            let [id, number, at] =
                [order_id.to_string(), tracking_number.as_str().to_owned(), shipped_at.to_string()];
            json!({"Statement": statement, "Parameters": [{"S": id}, {"S": number}, {"S": at}]})
        });
        assert_eq!(body["Statements"], json!(expected));
    }

    #[tokio::test]
    async fn each_statement_has_its_own_outcome() {
        let answer = json!({"Responses": [
            {"TableName": "shipments"},
            {"Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}},
            {"Error": {"Code": "ThrottlingError", "Message": "slow down"}},
            {"Error": {"Code": "ValidationError", "Message": "Ada Lovelace"}},
            {"Error": {}},
        ]});
        let (_, inserted) = insert(&shipments::<5>(), (200, answer)).await;
        assert!(matches!(inserted[..2], [Inserted::New, Inserted::AlreadyThere]), "{inserted:?}");
        let errors: Vec<_> = inserted[2..]
            .iter()
            .map(|inserted| match inserted {
                Inserted::Failed(StoreError::Unavailable(why)) => why.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(errors, ["ThrottlingError", "ValidationError", "no error code"]);
    }

    #[tokio::test]
    async fn mismatched_response_count_fails_every_row() {
        for responses in [json!({}), json!({"Responses": [{}]}), json!({"Responses": [{}, {}, {}]})]
        {
            let (_, inserted) = insert(&shipments::<2>(), (200, responses)).await;
            assert!(
                matches!(inserted[..], [Inserted::Failed(_), Inserted::Failed(_)]),
                "{inserted:?}"
            );
        }
    }

    #[tokio::test]
    async fn rejected_request_fails_every_row() {
        let refused = json!({"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException"});
        let (_, inserted) = insert(&shipments::<2>(), (400, refused)).await;
        assert!(matches!(inserted[..], [Inserted::Failed(_), Inserted::Failed(_)]), "{inserted:?}");
    }
}
