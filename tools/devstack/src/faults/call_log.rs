//! The calls that were forwarded to AWS.

use std::fmt;
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
    /// The status of the answer; `None` if AWS did not answer, for example because it was stopped. It
    /// may have executed the call.
    pub status: Option<u16>,
    /// The body of the answer, or an empty text.
    pub answer: String,
}

/// What happens with the calls: nothing, unless they are recorded or observed. Clones share it.
#[derive(Clone, Default)]
pub(super) struct CallLog(Arc<Mutex<Observers>>);

type Observer = Box<dyn FnMut(&Call) + Send>;

#[derive(Default)]
struct Observers {
    recorded: Option<Vec<Call>>,
    observe: Option<Observer>,
}

impl CallLog {
    pub(super) fn start(&self) {
        self.lock().recorded = Some(vec![]);
    }

    pub(super) fn observe(&self, observe: impl FnMut(&Call) + Send + 'static) {
        self.lock().observe = Some(Box::new(observe));
    }

    pub(super) fn add(
        &self,
        operation: &str,
        request: &Bytes,
        answer: Option<(StatusCode, &Bytes)>,
    ) {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let observers = &mut *self.lock();
        if observers.recorded.is_none() && observers.observe.is_none() {
            return;
        }
        let call = Call {
            operation: operation.to_owned(),
            request: text(request),
            status: answer.map(|(status, _)| status.as_u16()),
            answer: answer.map(|(_, body)| text(body)).unwrap_or_default(),
        };
        if let Some(observe) = &mut observers.observe {
            observe(&call);
        }
        if let Some(calls) = &mut observers.recorded {
            calls.push(call);
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.lock().recorded.clone().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Observers> {
        self.0.lock().expect("no observer panics")
    }
}

impl fmt::Debug for CallLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CallLog")
    }
}
