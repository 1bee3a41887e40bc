//! `POST /orders`: parse, save, publish, respond. On a standard topic it publishes after the answer.

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Amount, CustomerName, Order, OrderId, whole_seconds};
use jiff::Timestamp;
use store::SaveOutcome;
use telemetry::TraceParent;
use uuid::Uuid;

use crate::app::AppState;
use crate::pages;
use crate::problem::{Kind, Problem};
use crate::publish::{Publication, publish_earlier, publish_or_leave};
use crate::request::{Encoding, FormInput, MAX_BODY, NewOrder, Rejected, is_random};
use crate::request_log::RequestLog;
use crate::request_outcome::{OutcomeKind, RequestOutcome};
use crate::save::{Key, answer_body, save};

pub(crate) async fn create_order(
    State(state): State<AppState>,
    Extension(trace): Extension<TraceParent>,
    Extension(log): Extension<RequestLog>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let encoding = match Encoding::of(&parts.headers) {
        Ok(Encoding::Form) if state.jwt_enabled => {
            return reject_unparsed(&log, &no_forms(), &parts.headers);
        }
        Ok(encoding) => encoding,
        Err(problem) => return reject_unparsed(&log, &problem, &parts.headers),
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let problem = Problem::new(Kind::BodyTooLarge, "An order is at most 16 KiB.");
        return reject(&log, encoding, Rejected { problem, input: FormInput::default() });
    };
    let new = match encoding.read(&parts.headers, &body) {
        Ok(new) => new,
        Err(rejected) => return reject(&log, encoding, rejected),
    };
    let NewOrder { customer, amount, coupon, key } = new;
    let mut order = accept(customer, amount);
    let key_is_random = key.as_ref().is_some_and(is_random);
    let key = key.map(|key| Key { key, fingerprint: encoding.fingerprint(&body) });
    match save(&state.orders, &mut order, trace, coupon.as_ref(), key).await {
        Ok(SaveOutcome::Created) => {
            let response = created(encoding, order.id, answer_body(&order));
            let saved = RequestOutcome::of(OutcomeKind::PublishPending, order.id)
                .with_coupon(order.discount.is_some());
            log.record(saved);
            publish_or_leave(Publication { state, order, trace, log }).await;
            response
        }
        Ok(SaveOutcome::Replayed { order_id, answer }) => {
            if let Err(error) = publish_earlier(&state, order_id, trace).await {
                tracing::error!(%order_id, %error, "the order is not known to be published");
                log.record(RequestOutcome::of(OutcomeKind::NotRead, order_id));
                return not_saved(encoding, &body);
            }
            log.record(RequestOutcome::of(OutcomeKind::Replayed, order_id));
            created(encoding, order_id, answer)
        }
        Ok(SaveOutcome::KeyConflict { order_id }) => {
            if let Err(error) = publish_earlier(&state, order_id, trace).await {
                tracing::warn!(%order_id, %error, "the first order is not known to be published");
            }
            key_of_another(&log, encoding, &body, order_id, key_is_random)
        }
        Ok(SaveOutcome::CouponRejected) => {
            let input = FormInput::of_form(&body);
            reject(&log, encoding, Rejected { problem: Problem::coupon_refused(), input })
        }
        Err(error) => {
            tracing::error!(order_id = %order.id, %error, "the order is not known to be saved");
            log.record(RequestOutcome::of(OutcomeKind::NotSaved, order.id));
            not_saved(encoding, &body)
        }
    }
}

/// Gives the order an id and a time. It is accepted only once it is saved.
fn accept(customer: CustomerName, amount: Amount) -> Order {
    let placed_at = whole_seconds(Timestamp::now());
    Order { id: OrderId::from(Uuid::new_v4()), customer, amount, discount: None, placed_at }
}

fn created(encoding: Encoding, id: OrderId, answer: String) -> Response {
    let location = format!("/orders/{id}");
    let uncached = (CACHE_CONTROL, "no-store".to_owned());
    match encoding {
        Encoding::Form => (StatusCode::SEE_OTHER, [(LOCATION, location), uncached]).into_response(),
        Encoding::Json => {
            let json = (CONTENT_TYPE, "application/json".to_owned());
            (StatusCode::CREATED, [(LOCATION, location), uncached, json], answer).into_response()
        }
    }
}

/// Shows the form again with a fresh key, so the customer can place the edited order. Links to the
/// first order only if the key is random: whoever has such a key placed that order, and anyone with
/// an order's URL may read it.
fn key_of_another(
    log: &RequestLog,
    encoding: Encoding,
    body: &[u8],
    first: OrderId,
    key_is_random: bool,
) -> Response {
    let problem = Problem::key_of_another();
    log.record(RequestOutcome::rejected(&problem).about(first));
    let input = || FormInput::of_form(body).with_fresh_key();
    match encoding {
        Encoding::Json => problem.into_response(),
        Encoding::Form if key_is_random => pages::form_with_key_conflict(&problem, input(), first),
        Encoding::Form => pages::form_with_errors(&problem, input()),
    }
}

/// The order may have been saved and only the response lost. The form keeps its key, so submitting
/// it again is safe.
fn not_saved(encoding: Encoding, body: &[u8]) -> Response {
    match encoding {
        Encoding::Json => Problem::unavailable().into_response(),
        Encoding::Form => {
            pages::form_with_errors(&Problem::unavailable(), FormInput::of_form(body))
        }
    }
}

/// The response to a form where only JSON is accepted: a form would lead to a page.
fn no_forms() -> Problem {
    Problem::new(Kind::UnsupportedMediaType, "Here an order is sent as application/json.")
}

fn reject(log: &RequestLog, encoding: Encoding, Rejected { problem, input }: Rejected) -> Response {
    log.record(RequestOutcome::rejected(&problem));
    match encoding {
        Encoding::Json => problem.into_response(),
        Encoding::Form => pages::form_with_errors(&problem, input),
    }
}

fn reject_unparsed(log: &RequestLog, problem: &Problem, headers: &HeaderMap) -> Response {
    log.record(RequestOutcome::rejected(problem));
    pages::negotiated_problem(problem, headers)
}
