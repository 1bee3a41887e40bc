//! The calls that AWS answered.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use hyper::StatusCode;

/// A call and its answer, whether or not the answer reached the caller.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation, such as `PutItem` or `Publish`.
    pub operation: String,
    /// The body of the request.
    pub request: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub answer: String,
}

/// The recorded calls, or `None` if they are not recorded. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct CallLog(Arc<Mutex<Option<Vec<Call>>>>);

impl CallLog {
    pub(super) fn start(&self) {
        *self.lock() = Some(vec![]);
    }

    pub(super) fn add(&self, operation: &str, request: &Bytes, status: StatusCode, answer: &Bytes) {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        if let Some(calls) = &mut *self.lock() {
            let (request, answer) = (text(request), text(answer));
            let status = status.as_u16();
            calls.push(Call { operation: operation.to_owned(), request, status, answer });
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.lock().clone().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Call>>> {
        self.0.lock().expect("nobody panics while holding it")
    }
}
