//! Publishing a saved order, and clearing its pending flag after the answer. On a standard topic the
//! publish follows the answer as well, on a FIFO topic it comes before it.

use domain::{Order, OrderId};
use store::StoreError;
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
/// answer: a client that got 201 may place its next order, which must not be published first.
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

/// On a FIFO topic, publishes an order that an earlier request saved and has not published yet,
/// before the answer that accepts it. The pending flag stays: the relay clears it when
/// it publishes the order again, which the topic drops. Fails if the flag cannot be read.
pub(crate) async fn publish_earlier(
    state: &AppState,
    order_id: OrderId,
    trace: TraceParent,
) -> Result<(), StoreError> {
    if !state.topic.is_fifo() {
        return Ok(());
    }
    let Some(pending) = state.orders.read_pending(order_id).await? else { return Ok(()) };
    let trace = pending.trace.unwrap_or(trace);
    if let Err(error) = state.topic.publish(&pending.order, trace).await {
        tracing::warn!(%order_id, %error, "the repeated order was not published");
    }
    Ok(())
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
