//! Many independent writes in one request.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse,
};

use crate::StoreError;

/// A statement that is not known to have succeeded.
#[derive(Clone, Debug)]
pub(crate) enum StatementError {
    /// DynamoDB rejected it with this code.
    Rejected(BatchStatementErrorCodeEnum),
    /// Unknown: it may have succeeded, and only the response was lost.
    Indeterminate(StoreError),
}

impl From<StatementError> for StoreError {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::Rejected(code) => Self::Unavailable(code.as_str().to_owned()),
            StatementError::Indeterminate(error) => error,
        }
    }
}

/// Executes up to 25 statements (the limit of `BatchExecuteStatement`). Returns one result per
/// statement, in the order given.
pub(crate) async fn execute(
    client: &Client,
    statements: Vec<BatchStatementRequest>,
) -> Vec<Result<(), StatementError>> {
    let asked = statements.len();
    let error = match client.batch_execute_statement().set_statements(Some(statements)).send().await
    {
        Ok(answer) => match answer.responses.unwrap_or_default() {
            responses if responses.len() == asked => {
                return responses.into_iter().map(done).collect();
            }
            responses => StoreError::Unavailable(format!(
                "{} answers to {asked} statements",
                responses.len()
            )),
        },
        Err(error) => StoreError::unavailable(&error),
    };
    vec![Err(StatementError::Indeterminate(error)); asked]
}

fn done(response: BatchStatementResponse) -> Result<(), StatementError> {
    let Some(error) = response.error else { return Ok(()) };
    let indeterminate =
        || StatementError::Indeterminate(StoreError::Unavailable("no error code".to_owned()));
    Err(error.code.map_or_else(indeterminate, StatementError::Rejected))
}
