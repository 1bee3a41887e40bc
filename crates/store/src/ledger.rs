//! A subscriber's memory of what it did: one row per order, inserted once and never changed.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest};
use aws_types::SdkConfig;

use crate::client::{Budget, client};
use crate::{Row, StoreError};

/// A table keyed by `order_id`, in which a second insert for an order fails. That failure is what makes at-least-once
/// delivery an exactly-once effect, so a row is never deleted and never expires.
#[derive(Clone, Debug)]
pub struct Ledger {
    client: Client,
    table: String,
}

/// A batch's insert fits the shortest function timeout in use twice over, so that SQS gets its answer in time.
const INSERT: Budget = Budget { attempts: 3, attempt: Duration::from_millis(400), whole: Duration::from_millis(900) };

/// What became of one row.
#[derive(Debug)]
pub enum Inserted {
    /// It is in the table now.
    New,
    /// The order had one already, from an earlier delivery: nothing changed.
    AlreadyThere,
    /// It is not known to be in the table.
    Failed(StoreError),
}

impl Ledger {
    /// Makes a client and opens its connection with an insert that DynamoDB refuses, as it names no key. Should the
    /// connection fail, the first batch opens it.
    pub async fn connect(sdk: &SdkConfig, table: String) -> Self {
        let ledger = Self { client: client(sdk, INSERT), table };
        if let Err(error) = ledger.execute(vec![ledger.statement(&[("primed", AttributeValue::Bool(true))])]).await {
            tracing::warn!(%error, "DynamoDB did not answer at start-up");
        }
        ledger
    }

    /// Inserts up to 25 rows (the limit of `BatchExecuteStatement`) of different orders in one request, and says of each, in the order
    /// given, what became of it. One row's failure leaves the others alone.
    pub async fn insert<R: Row>(&self, rows: &[R]) -> Vec<Inserted> {
        let statements = rows.iter().map(|row| self.statement(&row.columns())).collect();
        match self.execute(statements).await {
            Ok(inserted) if inserted.len() == rows.len() => inserted,
            Ok(inserted) => {
                let answers = inserted.len();
                failed(rows, || StoreError::Unavailable(format!("{answers} answers to {} statements", rows.len())))
            }
            Err(error) => failed(rows, || error.clone()),
        }
    }

    async fn execute(&self, statements: Vec<BatchStatementRequest>) -> Result<Vec<Inserted>, StoreError> {
        let answer = self.client.batch_execute_statement().set_statements(Some(statements)).send().await;
        let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
        let inserted = answer.responses.unwrap_or_default().into_iter().map(|response| match response.error {
            None => Inserted::New,
            Some(error) => match error.code {
                Some(BatchStatementErrorCodeEnum::DuplicateItem) => Inserted::AlreadyThere,
                code => Inserted::Failed(StoreError::Unavailable(
                    code.map_or("no error code".to_owned(), |code| code.as_str().to_owned()),
                )),
            },
        });
        Ok(inserted.collect())
    }

    fn statement(&self, columns: &[(&'static str, AttributeValue)]) -> BatchStatementRequest {
        let names: Vec<_> = columns.iter().map(|(name, _)| format!("'{name}': ?")).collect();
        BatchStatementRequest::builder()
            .statement(format!("INSERT INTO \"{}\" VALUE {{{}}}", self.table, names.join(", ")))
            .set_parameters(Some(columns.iter().map(|(_, value)| value.clone()).collect()))
            .build()
            .expect("a statement is given")
    }
}

fn failed<R>(rows: &[R], error: impl Fn() -> StoreError) -> Vec<Inserted> {
    rows.iter().map(|_| Inserted::Failed(error())).collect()
}
