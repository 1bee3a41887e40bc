//! Work that runs after a request's answer and before the next event.
//!
//! Lambda passes the answer on as soon as it is posted, and may freeze the process only once it asks
//! for the next event (docs/adr/0020). The runtime asks for it when [`AfterAnswer::finish`] has
//! returned. The work counts towards the function's timeout.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::Error;
use lambda_http::tower::util::ThenLayer;

/// The result of posting an answer.
type Posted = Result<(), Error>;

/// The work that the last request left. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct AfterAnswer(Arc<Mutex<Option<BoxFuture<'static, ()>>>>);

impl AfterAnswer {
    /// Leaves work, which must not panic.
    pub(crate) fn leave(&self, work: impl Future<Output = ()> + Send + 'static) {
        let earlier = self.slot().replace(Box::pin(work));
        debug_assert!(earlier.is_none(), "a request begins after the work of the one before");
    }

    /// Does the work, if there is any.
    pub(crate) async fn finish(&self) {
        let work = self.slot().take();
        if let Some(work) = work {
            work.await;
        }
    }

    /// Returns the layer around the runtime that finishes a request once its answer is posted, or
    /// could not be. Only then does the runtime ask for the next event.
    pub(crate) fn layer(
        self,
    ) -> ThenLayer<impl FnOnce(Posted) -> BoxFuture<'static, Posted> + Clone> {
        ThenLayer::new(move |posted| {
            async move {
                self.finish().await;
                posted
            }
            .boxed()
        })
    }

    fn slot(&self) -> MutexGuard<'_, Option<BoxFuture<'static, ()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::tower::{Layer, ServiceExt, service_fn};
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn work_is_done_even_if_the_answer_could_not_be_posted() {
        let after_answer = AfterAnswer::default();
        let done = Arc::<AtomicBool>::default();
        let work = Arc::clone(&done);
        after_answer.leave(async move { work.store(true, Ordering::Relaxed) });
        let posting = service_fn(async |()| Posted::Err("refused".into()));
        let posted = after_answer.layer().layer(posting).oneshot(()).await;
        assert!(done.load(Ordering::Relaxed));
        assert_eq!(posted.unwrap_err().to_string(), "refused");
    }
}
