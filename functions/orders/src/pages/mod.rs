//! The HTML pages, from compiled-in templates. Askama escapes all customer input.

mod form;
mod invoice;
mod order;
mod problem;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

pub(crate) use form::{form, form_with_errors, form_with_key_conflict};
pub(crate) use invoice::invoice;
pub(crate) use order::order;
pub(crate) use problem::negotiated_problem;

/// From this total on, in cents, pages promise a coupon. The topic's filter policy decides who gets
/// one.
const EARNS_FROM_CENTS: u64 = 8_000;

fn render(page: &impl Template, status: StatusCode) -> Response {
    let html = page.render().expect("rendering to a string fails only if a value's Display does");
    (status, Html(html)).into_response()
}

/// A page's HTML without the asset fingerprints, which change with every edit of an asset.
#[cfg(test)]
fn html(page: &impl Template) -> String {
    page.render().unwrap().replace(&crate::assets::address(""), "/assets/FINGERPRINT/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_yaml_ng::Value;

    #[test]
    fn coupon_threshold_matches_the_filter_policy() {
        let template: Value =
            serde_yaml_ng::from_str(include_str!("../../../../template.yaml")).unwrap();
        let policy = &template["Resources"]["PromotionSubscription"]["Properties"]["FilterPolicy"];
        let dollars = EARNS_FROM_CENTS / 100;
        assert_eq!(EARNS_FROM_CENTS % 100, 0);
        assert_eq!(
            policy["amount"][0]["numeric"],
            Value::from_iter([Value::from(">="), Value::from(dollars)])
        );
    }
}
