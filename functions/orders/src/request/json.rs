//! Parses an order from JSON. Each field keeps its text until it is parsed, so an amount never
//! becomes a float.

use domain::{Amount, Code, CustomerName};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{NewOrder, coupon_of, order_of};
use crate::problem::{FieldError, Kind, Problem};

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Fields<'a> {
    #[serde(borrow)]
    customer: Option<&'a RawValue>,
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
    #[serde(borrow)]
    coupon: Option<&'a RawValue>,
}

pub(super) fn read(body: &[u8]) -> Result<NewOrder, Problem> {
    let not_json = || Problem::new(Kind::MalformedBody, "The body is not JSON.");
    let text = std::str::from_utf8(body).map_err(|_| not_json())?;
    let object = text.trim_start().starts_with('{');
    let fields: Fields = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => not_an_order(),
        _ => not_json(),
    })?;
    if !object {
        return Err(not_an_order());
    }
    order_of(customer(fields.customer), amount(fields.amount), coupon(fields.coupon))
}

fn not_an_order() -> Problem {
    Problem::invalid(vec![FieldError::new(
        "",
        "must be a JSON object that has each field at most once",
    )])
}

fn customer(field: Option<&RawValue>) -> Result<CustomerName, FieldError> {
    let error = |detail: &dyn ToString| FieldError::new("/customer", detail);
    let text = string(field.ok_or_else(|| error(&"is required"))?)
        .ok_or_else(|| error(&"must be a string"))?;
    text.parse().map_err(|reason| error(&reason))
}

fn amount(field: Option<&RawValue>) -> Result<Amount, FieldError> {
    let error = |detail: &dyn ToString| FieldError::new("/amount", detail);
    let field = field.ok_or_else(|| error(&"is required"))?;
    let amount = match field.get().as_bytes() {
        [b'-' | b'0'..=b'9', ..] => Amount::from_json_number(field.get()),
        _ => string(field).ok_or_else(|| error(&"must be a decimal string or a number"))?.parse(),
    };
    amount.map_err(|reason| error(&reason))
}

fn coupon(field: Option<&RawValue>) -> Result<Option<Code>, FieldError> {
    let Some(field) = field else { return Ok(None) };
    coupon_of(&string(field).ok_or_else(|| FieldError::new("/coupon", "must be a string"))?)
}

fn string(field: &RawValue) -> Option<String> {
    serde_json::from_str(field.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use domain::corpus::mutated_bytes;
    use proptest::prelude::*;
    use serde_json::Value;

    fn read_str(body: &str) -> Result<NewOrder, Problem> {
        read(body.as_bytes())
    }

    fn errors(body: &str) -> Vec<(&'static str, String)> {
        let problem = read_str(body).unwrap_err();
        assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        problem.errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    #[test]
    fn amount_is_read_as_text_or_number() {
        for amount in ["\"81.50\"", "81.50", "81.5", "81.500", "8.15e1"] {
            let order =
                read_str(&format!(r#" {{"customer": " Ada ", "amount": {amount}, "gift": true}}"#))
                    .unwrap();
            assert_eq!((order.customer.as_str(), order.amount.cents()), ("Ada", 8150), "{amount}");
        }
    }

    #[test]
    fn error_names_the_field_and_reason() {
        let required = "is required".to_owned();
        assert_eq!(errors("{}"), [("/customer", required.clone()), ("/amount", required.clone())]);
        assert_eq!(errors(r#"{"customer": null, "amount": 1}"#), [("/customer", required)]);
        for (fields, pointer, detail) in [
            (r#""customer": 5, "amount": 80"#, "/customer", "must be a string"),
            (r#""customer": "\ud800", "amount": 80"#, "/customer", "must be a string"),
            (r#""customer": "  ", "amount": 80"#, "/customer", "must not be empty"),
            (
                r#""customer": "Ada", "amount": "abc""#,
                "/amount",
                "must be a decimal number, such as 81.50",
            ),
            (
                r#""customer": "Ada", "amount": true"#,
                "/amount",
                "must be a decimal string or a number",
            ),
            (
                r#""customer": "Ada", "amount": [80]"#,
                "/amount",
                "must be a decimal string or a number",
            ),
            (r#""customer": "Ada", "amount": 79.999"#, "/amount", "must have at most two decimals"),
            (
                r#""customer": "Ada", "amount": -80"#,
                "/amount",
                "must be between 0.01 and 999999999.99",
            ),
            (
                r#""customer": "Ada", "amount": 80, "coupon": "X""#,
                "/coupon",
                &*FieldError::coupon_refused().detail,
            ),
            (r#""customer": "Ada", "amount": 80, "coupon": 7"#, "/coupon", "must be a string"),
        ] {
            assert_eq!(
                errors(&format!("{{{fields}}}")),
                [(pointer, detail.to_owned())],
                "{fields}"
            );
        }
    }

    #[test]
    fn coupon_is_parsed_in_any_spelling_or_absent() {
        let coupon = |json: &str| {
            read_str(&format!(r#"{{"customer": "Ada", "amount": 80, "coupon": {json}}}"#))
                .unwrap()
                .coupon
        };
        for written in [r#""ABCDEFGHJKLM""#, r#""abcd-efgh-jklm""#, r#"" AbCd eFgH-jKlM ""#] {
            assert_eq!(coupon(written), Some("ABCDEFGHJKLM".parse().unwrap()), "{written}");
        }
        for none in ["null", r#""""#, r#""  ""#, r#""\u200b""#] {
            assert_eq!(coupon(none), None, "{none}");
        }
    }

    #[test]
    fn non_object_or_repeated_field_is_an_invalid_order() {
        for body in [
            "[]",
            "null",
            "80",
            r#"["Ada", 80, null]"#,
            r#"{"amount": 1, "amount": 2, "customer": "Ada"}"#,
        ] {
            assert_eq!(errors(body)[0].0, "", "{body}");
        }
    }

    #[test]
    fn malformed_json_is_a_bad_request() {
        let deep = "[".repeat(10_000);
        for body in [
            "",
            "{",
            "customer=Ada",
            r#"{"customer": "Ada", "amount": 080}"#,
            "{} {}",
            "\u{feff}{}",
            &deep,
        ] {
            assert_eq!(read_str(body).unwrap_err().status, StatusCode::BAD_REQUEST, "{body}");
        }
        assert_eq!(read(b"{\"x\": \"\xff\"}").unwrap_err().status, StatusCode::BAD_REQUEST);
    }

    proptest! {
        #[test]
        fn accepted_order_matches_the_sent_body(body in mutated_bytes(include_str!("corpus/json.txt"))) {
            let sent = serde_json::from_slice::<Value>(&body);
            match read(&body) {
                Ok(order) => if let Ok(sent) = sent {
                    prop_assert_eq!(Some(order.customer.as_str()), sent["customer"].as_str().map(str::trim));
                    if let Some(amount) = sent["amount"].as_str() {
                        prop_assert_eq!(Ok(order.amount), amount.parse());
                    }
                },
                Err(problem) => prop_assert!(problem.kind != Kind::MalformedBody || sent.is_err()),
            }
        }

        #[test]
        fn body_parser_never_panics(bytes: Vec<u8>, customer in ".*", amount in ".*") {
            let _ = read(&bytes);
            let _ = read(serde_json::json!({"customer": customer, "amount": amount}).to_string().as_bytes());
            let _ = read_str(&format!(r#"{{"customer": "Ada", "amount": {amount}}}"#));
        }
    }
}
