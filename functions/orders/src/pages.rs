//! The pages, from templates compiled in. Askama escapes whatever a customer typed.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Response};
use domain::{OrderId, OrderView, Status};

use crate::problem::Problem;
use crate::request::Typed;
use crate::suggestion;

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    typed: Typed,
    customer_error: Option<String>,
    amount_error: Option<String>,
    coupon_error: Option<String>,
    notice: Option<String>,
    /// An order that was made with the same form before it was edited.
    first: Option<OrderId>,
}

impl FormPage {
    /// With nothing to say but what was typed.
    fn of(typed: Typed) -> Self {
        Self { typed, customer_error: None, amount_error: None, coupon_error: None, notice: None, first: None }
    }
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    order: OrderView,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    problem: &'a Problem,
}

/// `GET /`: the form, prefilled so that one click places an order.
pub(crate) async fn form() -> Response {
    let typed = suggestion::suggest();
    let page = FormPage::of(typed);
    ([(CACHE_CONTROL, "no-store")], render(&page, StatusCode::OK)).into_response()
}

/// The form with what was typed, and each message beside its field.
pub(crate) fn form_again(problem: &Problem, typed: Typed) -> Response {
    let error_at =
        |pointer| problem.errors.iter().find(|error| error.pointer == pointer).map(|error| error.detail.clone());
    let page = FormPage {
        customer_error: error_at("/customer"),
        amount_error: error_at("/amount"),
        coupon_error: error_at("/coupon"),
        notice: problem.errors.is_empty().then(|| problem.detail.to_owned()),
        ..FormPage::of(typed)
    };
    problem.complete(render(&page, problem.status))
}

/// The form with what was edited after it had made an order already.
pub(crate) fn form_after(problem: &Problem, typed: Typed, first: OrderId) -> Response {
    let page = FormPage { first: Some(first), ..FormPage::of(typed) };
    problem.complete(render(&page, problem.status))
}

pub(crate) fn order(order: OrderView) -> Response {
    render(&OrderPage { order }, StatusCode::OK)
}

pub(crate) fn problem(problem: &Problem) -> Response {
    problem.complete(render(&ProblemPage { problem }, problem.status))
}

fn render(page: &impl Template, status: StatusCode) -> Response {
    let html = page.render().expect("rendering to a string fails only if a value's Display does");
    (status, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::FieldError;
    use domain::{Code, Coupon, Order, Shipment};

    fn sample(customer: &str) -> Order {
        Order {
            id: "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().unwrap(),
            customer: customer.parse().unwrap(),
            amount: "81.50".parse().unwrap(),
            discount: None,
            placed_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_form_shows_again_what_was_typed_with_the_messages_beside_it() {
        let typed = ["\"><script>alert(1)</script>", "abc", "no-code", "k1"].map(str::to_owned);
        let [customer, amount, coupon, key] = typed;
        let page = FormPage {
            amount_error: Some(FieldError::new("/amount", "must be a decimal number, such as 81.50").detail),
            coupon_error: Some(FieldError::coupon_refused().detail),
            ..FormPage::of(Typed { customer, amount, coupon, key })
        };
        insta::assert_snapshot!(page.render().unwrap());
    }

    #[test]
    fn the_form_after_it_made_an_order_and_was_edited() {
        let [customer, amount, coupon, key] = ["Ada", "81.50", "", "k2"].map(str::to_owned);
        let typed = Typed { customer, amount, coupon, key };
        let page = FormPage { first: Some(sample("Ada").id), ..FormPage::of(typed) };
        insta::assert_snapshot!(page.render().unwrap());
    }

    #[test]
    fn an_order_that_was_just_placed() {
        let order = OrderView::new(sample("<b>Ada</b> & Co"), None, None);
        insta::assert_snapshot!(OrderPage { order }.render().unwrap());
    }

    #[test]
    fn an_order_that_is_fulfilled_and_earned_a_coupon() {
        let order = sample("Ada Lovelace");
        let (id, at) = (order.id, order.placed_at);
        let shipment = Shipment { order_id: id, tracking_number: Code::from_entropy([7; 12]), shipped_at: at };
        let coupon = Coupon::earned_by(id, Code::from_entropy([8; 12]), at);
        let order = OrderView::new(order, Some(shipment), Some(coupon));
        insta::assert_snapshot!(OrderPage { order }.render().unwrap());
    }

    #[test]
    fn an_order_that_a_coupon_was_spent_on() {
        let mut order = sample("Ada Lovelace");
        let coupon = Coupon::earned_by(order.id, Code::from_entropy([9; 12]), order.placed_at);
        order.discount = Some(coupon.discount_on(order.amount));
        insta::assert_snapshot!(OrderPage { order: OrderView::new(order, None, None) }.render().unwrap());
    }

    #[test]
    fn a_problem() {
        let problem = Problem::new(StatusCode::NOT_FOUND, "There is no order at this address.");
        insta::assert_snapshot!(ProblemPage { problem: &problem }.render().unwrap());
    }
}
