//! Many writes in one request, each done or not by itself.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse,
};

use crate::StoreError;

/// A statement that did nothing, as far as is known.
#[derive(Clone, Debug)]
pub(crate) enum StatementError {
    /// DynamoDB says why.
    Rejected(BatchStatementErrorCodeEnum),
    /// It may have been done all the same, if only the answer was lost.
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

/// Executes up to 25 statements (the limit of `BatchExecuteStatement`), and says of each, in the
/// order given, whether it was done.
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
