//! The order form.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use domain::{Amount, Code, OrderId};

use super::{EARNS_FROM_CENTS, render};
use crate::problem::Problem;
use crate::request::FormInput;
use crate::{assets, form_suggestion};

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    input: FormInput,
    customer_error: Option<String>,
    amount_error: Option<String>,
    coupon_error: Option<String>,
    notice: Option<String>,
    /// An order that was already placed with this form's key, before the form was edited.
    first: Option<OrderId>,
}

impl FormPage {
    /// Returns a page with this input and no messages. Adds a key if there is none: without one,
    /// submitting the form twice could place two orders.
    fn of(input: FormInput) -> Self {
        let input = if input.key.is_empty() { input.with_fresh_key() } else { input };
        Self {
            input,
            customer_error: None,
            amount_error: None,
            coupon_error: None,
            notice: None,
            first: None,
        }
    }

    fn is_refused(&self) -> bool {
        let messages = [&self.customer_error, &self.amount_error, &self.coupon_error, &self.notice];
        self.first.is_some() || messages.into_iter().any(Option::is_some)
    }

    fn earns_from() -> Amount {
        Amount::from_cents(EARNS_FROM_CENTS).expect("an amount in range")
    }
}

/// `GET /`: the form, prefilled so that one click places an order; `?coupon=` sets the code.
pub(crate) async fn form(RawQuery(query): RawQuery) -> Response {
    let page = FormPage::of(prefilled(&query.unwrap_or_default()));
    ([(CACHE_CONTROL, "no-store")], render(&page, StatusCode::OK)).into_response()
}

/// Suggests a name and an amount. A customer with a coupon has their own name, so none is
/// suggested.
fn prefilled(query: &str) -> FormInput {
    let suggested = form_suggestion::suggest();
    match coupon_in(query) {
        coupon if coupon.is_empty() => suggested,
        coupon => FormInput { coupon, customer: String::new(), ..suggested },
    }
}

/// Returns the coupon code in the query, or an empty string if it is not a code: a link must not
/// put its own words on the page.
fn coupon_in(query: &str) -> String {
    let coupon = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "coupon");
    coupon
        .and_then(|(_, value)| value.parse::<Code>().ok())
        .map(|code| code.grouped())
        .unwrap_or_default()
}

/// The form with the customer's input, and each error beside its field.
pub(crate) fn form_with_errors(problem: &Problem, input: FormInput) -> Response {
    let error_at = |pointer| {
        problem
            .errors
            .iter()
            .find(|error| error.pointer == pointer)
            .map(|error| error.detail.clone())
    };
    let page = FormPage {
        customer_error: error_at("/customer"),
        amount_error: error_at("/amount"),
        coupon_error: error_at("/coupon"),
        notice: problem.errors.is_empty().then(|| problem.detail.to_owned()),
        ..FormPage::of(input)
    };
    problem.complete(render(&page, problem.status))
}

/// The form after an edit, when its key has already placed an order.
pub(crate) fn form_with_key_conflict(
    problem: &Problem,
    input: FormInput,
    first: OrderId,
) -> Response {
    let page = FormPage { first: Some(first), ..FormPage::of(input) };
    problem.complete(render(&page, problem.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::html;
    use crate::problem::FieldError;

    fn input(fields: [&str; 4]) -> FormInput {
        let [customer, amount, coupon, key] = fields.map(str::to_owned);
        FormInput { customer, amount, coupon, key }
    }

    #[test]
    fn form_shows_input_with_field_errors() {
        let page = FormPage {
            amount_error: Some(
                FieldError::new("/amount", "must be a decimal number, such as 81.50").detail,
            ),
            coupon_error: Some(FieldError::coupon_refused().detail),
            ..FormPage::of(input(["\"><script>alert(1)</script>", "abc", "no-code", "k1"]))
        };
        insta::assert_snapshot!(html(&page));
    }

    #[test]
    fn edited_form_asks_before_a_second_order() {
        let first = "6f2c1c9e-8f43-4d0e-9d53-1d1f1f0a7c11".parse().ok();
        insta::assert_snapshot!(html(&FormPage {
            first,
            ..FormPage::of(input(["Ada", "81.50", "", "k2"]))
        }));
    }

    #[test]
    fn form_with_a_coupon_suggests_no_name() {
        let with_coupon = prefilled("coupon=ABCDEFGHJKLM");
        assert_eq!((&*with_coupon.customer, &*with_coupon.coupon), ("", "ABCD-EFGH-JKLM"));
        for query in ["", "coupon=nonsense"] {
            assert!(!prefilled(query).customer.is_empty(), "{query}");
        }
    }

    #[test]
    fn every_form_has_a_key() {
        let key = |input| FormPage::of(input).input.key;
        assert_eq!(key(input(["Ada", "1", "", "k1"])), "k1");
        assert_ne!(key(FormInput::default()), key(FormInput::default()));
        assert!(!key(FormInput::default()).is_empty());
    }

    #[test]
    fn link_prefills_only_a_valid_coupon_code() {
        for query in [
            "coupon=ABCDEFGHJKLM",
            "x=1&coupon=abcd-efgh-jklm&coupon=X",
            "coupon=%20abcd+efgh%2Djklm",
        ] {
            assert_eq!(coupon_in(query), "ABCD-EFGH-JKLM", "{query}");
        }
        for query in
            ["", "coupon", "coupon=", "coupon=call+this+number", "coupon=%FF", "code=ABCDEFGHJKLM"]
        {
            assert_eq!(coupon_in(query), "", "{query}");
        }
    }
}
