//! `POST /orders`: parse, save, announce, answer.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Order, OrderId, OrderView};
use jiff::Timestamp;
use uuid::Uuid;

use crate::pages;
use crate::problem::Problem;
use crate::request::{Encoding, MAX_BODY, NewOrder, Rejected, Typed};
use crate::router::Shop;

pub(crate) async fn place(State(shop): State<Shop>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let encoding = match Encoding::of(&parts.headers) {
        Ok(encoding) => encoding,
        Err(problem) => return reject_whole(problem, &parts.headers),
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "An order is at most 16 KiB.");
        return reject_whole(problem, &parts.headers);
    };
    let new = match encoding.read(&body) {
        Ok(new) => new,
        Err(rejected) => return reject(encoding, rejected),
    };
    let order = accept(new);
    if let Err(error) = shop.orders.save(&order).await {
        tracing::error!(order_id = %order.id, %error, outcome = "not saved", "order");
        let typed = Typed { customer: order.customer.as_str().to_owned(), amount: order.amount.to_string() };
        return answer_rejected(encoding, Rejected { problem: Problem::unavailable(), typed });
    }
    match shop.topic.announce(&order).await {
        Ok(()) => tracing::info!(order_id = %order.id, outcome = "placed", "order"),
        Err(error) => tracing::error!(order_id = %order.id, %error, outcome = "saved, not announced", "order"),
    }
    created(encoding, order)
}

/// From here on the order has an id and a time; it is accepted once it is saved.
fn accept(NewOrder { customer, amount }: NewOrder) -> Order {
    let now = Timestamp::now().as_second();
    let placed_at = Timestamp::from_second(now).expect("the second of a timestamp is in range");
    Order { id: OrderId::from(Uuid::new_v4()), customer, amount, placed_at }
}

fn created(encoding: Encoding, order: Order) -> Response {
    let location = format!("/orders/{}", order.id);
    match encoding {
        Encoding::Form => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Encoding::Json => {
            let headers = [(LOCATION, location), (CACHE_CONTROL, "no-store".to_owned())];
            (StatusCode::CREATED, headers, Json(OrderView::new(order, None, None))).into_response()
        }
    }
}

fn reject(encoding: Encoding, rejected: Rejected) -> Response {
    log_rejection(&rejected.problem);
    answer_rejected(encoding, rejected)
}

fn reject_whole(problem: Problem, headers: &HeaderMap) -> Response {
    log_rejection(&problem);
    problem.into_response_for(headers)
}

fn log_rejection(problem: &Problem) {
    let fields: Vec<_> = problem.errors.iter().map(|error| error.pointer).collect();
    tracing::info!(status = problem.status.as_u16(), ?fields, outcome = "rejected", "order");
}

fn answer_rejected(encoding: Encoding, Rejected { problem, typed }: Rejected) -> Response {
    match encoding {
        Encoding::Json => problem.into_response(),
        Encoding::Form => pages::form_again(&problem, typed),
    }
}
