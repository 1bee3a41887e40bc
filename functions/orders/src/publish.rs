//! Publishing a saved order and clearing its pending flag: after the answer, or before it if the
//! topic is FIFO.

use domain::{Order, OrderId};
use telemetry::TraceParent;

use crate::app::AppState;
use crate::request_log::RequestLog;
use crate::request_outcome::OutcomeKind;

/// A saved order to publish. If publishing or clearing fails, the order stays accepted and the relay
/// publishes it.
pub(crate) struct Publication {
    pub(crate) state: AppState,
    pub(crate) order: Order,
    pub(crate) trace: TraceParent,
    pub(crate) log: RequestLog,
}

/// Publishes the order, or leaves that for after the answer. On a FIFO topic it must come before the
/// answer: whoever was told that an order is accepted may place the next one, which must not be
/// published first.
pub(crate) async fn publish_or_leave(publication: Publication) {
    let log = publication.log.clone();
    if publication.state.topic.is_fifo() {
        if publication.publish().await {
            log.leave(async move { publication.clear().await });
        }
    } else {
        log.leave(async move {
            if publication.publish().await {
                publication.clear().await;
            }
        });
    }
}

/// Publishes the order of a repeated request if the first one has not done so yet, before the
/// customer is told again that it is accepted. A FIFO topic drops the repetition.
pub(crate) async fn publish_replayed(state: &AppState, order_id: OrderId, trace: TraceParent) {
    if !state.topic.is_fifo() {
        return;
    }
    let pending = match state.orders.read_pending(order_id).await {
        Ok(Some(pending)) => pending,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%order_id, %error, "the repeated order is not known to be published");
            return;
        }
    };
    let trace = pending.trace.unwrap_or(trace);
    if let Err(error) = state.topic.publish(&pending.order, trace).await {
        tracing::warn!(%order_id, %error, "the repeated order was not published");
    }
}

impl Publication {
    /// Returns whether SNS has the order.
    async fn publish(&self) -> bool {
        let Self { state, order, trace, log } = self;
        match state.topic.publish(order, *trace).await {
            Ok(()) => {
                log.advance(OutcomeKind::FlagPending);
                true
            }
            Err(error) => {
                tracing::warn!(order_id = %order.id, %error, "the order is saved, and was not published");
                false
            }
        }
    }

    async fn clear(&self) {
        let Self { state, order, log, .. } = self;
        match state.orders.clear_pending_flag(order.id).await {
            Ok(()) => log.advance(OutcomeKind::Placed),
            Err(error) => {
                tracing::warn!(order_id = %order.id, %error, "the order is published, and still pending");
            }
        }
    }
}
