//! What a handler reports of its request beside the response: the outcome, for the log line and the
//! metrics, and the work to do after the answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;

use crate::request_outcome::{OutcomeKind, RequestOutcome, Route};

/// The report of one request. Handlers find it in the request's extensions; clones share it.
#[derive(Clone, Default)]
pub(crate) struct RequestLog(Arc<Mutex<Report>>);

/// What was reported.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) route: Option<Route>,
    pub(crate) outcome: Option<RequestOutcome>,
    pub(crate) work: Option<BoxFuture<'static, OutcomeKind>>,
}

impl RequestLog {
    /// Reports which route matched.
    pub(crate) fn set_route(&self, route: Route) {
        self.report().route = Some(route);
    }

    /// Reports the outcome.
    pub(crate) fn record(&self, outcome: RequestOutcome) {
        self.report().outcome = Some(outcome);
    }

    /// Leaves work for after the answer. `outcome` is the outcome if the work does not come to its
    /// end; otherwise its kind is what the work returns.
    pub(crate) fn record_after(
        &self,
        outcome: RequestOutcome,
        work: impl Future<Output = OutcomeKind> + Send + 'static,
    ) {
        let mut report = self.report();
        report.outcome = Some(outcome);
        report.work = Some(Box::pin(work));
    }

    /// Takes the report.
    pub(crate) fn take(&self) -> Report {
        std::mem::take(&mut self.report())
    }

    fn report(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
