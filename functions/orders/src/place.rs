//! `POST /orders`: parse, save, announce, answer.

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Amount, CustomerName, Order, OrderId};
use jiff::Timestamp;
use store::SaveOutcome;
use telemetry::TraceParent;
use uuid::Uuid;

use crate::pages;
use crate::problem::{Kind, Problem};
use crate::request::{Encoding, MAX_BODY, NewOrder, Rejected, Typed, is_random};
use crate::save::{Key, answer_body, save};
use crate::shop::Shop;
use crate::told::{Outcome, Told};

pub(crate) async fn place(
    State(shop): State<Shop>,
    Extension(trace): Extension<TraceParent>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let encoding = match Encoding::of(&parts.headers) {
        Ok(Encoding::Form) if shop.authorised => return reject_whole(no_forms(), &parts.headers),
        Ok(encoding) => encoding,
        Err(problem) => return reject_whole(problem, &parts.headers),
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let problem = Problem::new(Kind::BodyTooLarge, "An order is at most 16 KiB.");
        return reject(encoding, Rejected { problem, typed: Typed::default() });
    };
    let new = match encoding.read(&parts.headers, &body) {
        Ok(new) => new,
        Err(rejected) => return reject(encoding, rejected),
    };
    let NewOrder { customer, amount, coupon, key } = new;
    let mut order = accept(customer, amount);
    let key_is_random = key.as_ref().is_some_and(is_random);
    let key = key.map(|key| Key { key, fingerprint: encoding.fingerprint(&body) });
    match save(&shop.orders, &mut order, trace, coupon.as_ref(), key).await {
        Ok(SaveOutcome::Created) => {
            let outcome = publish(&shop, &order, trace).await;
            let told = Told::of(outcome, order.id).with_coupon(order.discount.is_some());
            told.with(created(encoding, order.id, answer_body(&order)))
        }
        Ok(SaveOutcome::Replayed { order_id, answer }) => {
            Told::of(Outcome::AnsweredAgain, order_id).with(created(encoding, order_id, answer))
        }
        Ok(SaveOutcome::KeyConflict { order_id }) => key_of_another(encoding, &body, order_id, key_is_random),
        Ok(SaveOutcome::CouponRejected) => {
            let typed = Typed::of_form(&body);
            reject(encoding, Rejected { problem: Problem::coupon_refused(), typed })
        }
        Err(error) => {
            tracing::error!(order_id = %order.id, %error, "the order is not known to be saved");
            Told::of(Outcome::NotSaved, order.id).with(not_saved(encoding, &body))
        }
    }
}

/// From here on the order has an id and a time; it is accepted once it is saved.
fn accept(customer: CustomerName, amount: Amount) -> Order {
    let now = Timestamp::now().as_second();
    let placed_at = Timestamp::from_second(now).expect("the second of a timestamp is in range");
    Order { id: OrderId::from(Uuid::new_v4()), customer, amount, discount: None, placed_at }
}

/// Whatever fails here, the order stays accepted: its mark in the outbox tells the relay to announce it.
async fn publish(shop: &Shop, order: &Order, trace: TraceParent) -> Outcome {
    if let Err(error) = shop.topic.publish(order, trace).await {
        tracing::warn!(order_id = %order.id, %error, "the order is saved, and was not announced");
        return Outcome::NotAnnounced;
    }
    match shop.orders.clear_pending_flag(order.id).await {
        Ok(()) => Outcome::Placed,
        Err(error) => {
            tracing::warn!(order_id = %order.id, %error, "the order is announced, and still marked");
            Outcome::StillMarked
        }
    }
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

/// The form comes again with a fresh key, so that what was edited can be ordered if it was meant. It leads to the first
/// order only who must have placed it: whoever knows an order's address may read it.
fn key_of_another(encoding: Encoding, body: &[u8], first: OrderId, key_is_random: bool) -> Response {
    let problem = Problem::key_of_another();
    let told = Told::rejected(&problem).about(first);
    let typed = || Typed::of_form(body).with_fresh_key();
    told.with(match encoding {
        Encoding::Json => problem.into_response(),
        Encoding::Form if key_is_random => pages::form_after(&problem, typed(), first),
        Encoding::Form => pages::form_again(&problem, typed()),
    })
}

/// It may have been saved all the same, if only the answer was lost: the form comes again with the key it had, so that
/// sending it once more is safe.
fn not_saved(encoding: Encoding, body: &[u8]) -> Response {
    match encoding {
        Encoding::Json => Problem::unavailable().into_response(),
        Encoding::Form => pages::form_again(&Problem::unavailable(), Typed::of_form(body)),
    }
}

/// A form is a page's, and leads to a page.
fn no_forms() -> Problem {
    Problem::new(Kind::UnsupportedMediaType, "Here an order is sent as application/json.")
}

fn reject(encoding: Encoding, Rejected { problem, typed }: Rejected) -> Response {
    let told = Told::rejected(&problem);
    told.with(match encoding {
        Encoding::Json => problem.into_response(),
        Encoding::Form => pages::form_again(&problem, typed),
    })
}

fn reject_whole(problem: Problem, headers: &HeaderMap) -> Response {
    let told = Told::rejected(&problem);
    told.with(problem.into_response_for(headers))
}
