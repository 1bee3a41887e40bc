//! What a handler reports of its request beside the response: the outcome, for the log line and the
//! metrics, and the work to do after the answer.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use crate::request_outcome::{OutcomeKind, RequestOutcome, Route};

/// The report of one request. Handlers find it in the request's extensions; clones share it.
#[derive(Clone, Default)]
pub(crate) struct RequestLog(Arc<Mutex<Report>>);

/// What was reported.
#[derive(Default)]
struct Report {
    route: Option<Route>,
    outcome: Option<RequestOutcome>,
    work: Option<BoxFuture<'static, ()>>,
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

    /// Reports how far the request has come since its outcome was recorded.
    pub(crate) fn advance(&self, kind: OutcomeKind) {
        let mut report = self.report();
        report.outcome = report.outcome.take().map(|outcome| outcome.with_kind(kind));
    }

    /// Leaves work for after the answer. It advances the outcome with each step that it has done.
    pub(crate) fn leave(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.report().work = Some(Box::pin(work));
    }

    /// Does the work that the handler left, until the deadline. If it panics or is cut off, the
    /// outcome is that of the steps it has done.
    pub(crate) async fn finish(&self, deadline: Instant) {
        let work = self.report().work.take();
        let Some(work) = work else { return };
        match timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await {
            // The panic hook logs the location.
            Ok(Ok(()) | Err(_)) => {}
            Err(_elapsed) => tracing::warn!("no time was left for the work after the answer"),
        }
    }

    /// The route, `Other` if none matched.
    pub(crate) fn route(&self) -> Route {
        self.report().route.unwrap_or(Route::Other)
    }

    /// Takes the outcome.
    pub(crate) fn take_outcome(&self) -> Option<RequestOutcome> {
        self.report().outcome.take()
    }

    fn report(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::time::Duration;

    use domain::OrderId;

    /// The outcome of a request that is saved and then left this work.
    async fn outcome_of<W: Future<Output = ()> + Send + 'static>(
        work: impl FnOnce(RequestLog) -> W,
    ) -> OutcomeKind {
        let log = RequestLog::default();
        log.record(RequestOutcome::of(OutcomeKind::PublishPending, OrderId::NIL));
        log.leave(work(log.clone()));
        log.finish(Instant::now() + Duration::from_secs(1)).await;
        log.take_outcome().unwrap().kind()
    }

    #[tokio::test(start_paused = true)]
    async fn outcome_is_that_of_the_steps_done() {
        let done = outcome_of(|log| async move { log.advance(OutcomeKind::Placed) });
        assert_eq!(done.await, OutcomeKind::Placed);
        assert_eq!(outcome_of(|_| async { panic!("at once") }).await, OutcomeKind::PublishPending);
        assert_eq!(outcome_of(|_| pending()).await, OutcomeKind::PublishPending);
        let panics = outcome_of(|log| async move {
            log.advance(OutcomeKind::FlagPending);
            panic!("in the second step");
        });
        assert_eq!(panics.await, OutcomeKind::FlagPending);
        let hangs = outcome_of(|log| async move {
            log.advance(OutcomeKind::FlagPending);
            pending::<()>().await;
        });
        assert_eq!(hangs.await, OutcomeKind::FlagPending);
    }
}
