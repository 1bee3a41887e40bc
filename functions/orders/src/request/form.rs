//! Parses an order from a form. Errors carry the customer's input, so that the form can be shown
//! again.

use std::borrow::Cow;

use domain::IdempotencyKey;
use percent_encoding::percent_decode;

use super::{FormInput, NewOrder, Rejected, coupon_of, key, order_of};
use crate::problem::{FieldError, Kind, Problem};

/// The name of the hidden field.
const KEY: &str = "idempotency_key";

pub(super) fn read(body: &[u8]) -> Result<NewOrder, Rejected> {
    let rejected = |problem| Rejected { problem, input: input(body) };
    // Reject invalid UTF-8: decoding would turn it into U+FFFD, which a customer may also have
    // typed.
    if percent_decode(body).decode_utf8().is_err() {
        return Err(rejected(Problem::new(Kind::MalformedBody, "The form is not UTF-8.")));
    }
    let fields: Vec<_> = form_urlencoded::parse(body).collect();
    parse(&fields).map_err(rejected)
}

pub(super) fn input(body: &[u8]) -> FormInput {
    let fields: Vec<_> = form_urlencoded::parse(body).collect();
    let field = |name| one(&fields, name).unwrap_or_default().unwrap_or_default().into_owned();
    let key = Some(field(KEY)).filter(|key| key.parse::<IdempotencyKey>().is_ok());
    FormInput {
        customer: field("customer"),
        amount: field("amount"),
        coupon: field("coupon"),
        key: key.unwrap_or_default(),
    }
}

fn parse(fields: &[(Cow<str>, Cow<str>)]) -> Result<NewOrder, Problem> {
    let error = |pointer, detail: &dyn ToString| FieldError::new(pointer, detail);
    let required = |name, pointer| match one(fields, name) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(error(pointer, &"is required")),
        Err(Repeated) => Err(error(pointer, &"must be given once")),
    };
    let customer = required("customer", "/customer")
        .and_then(|customer| customer.parse().map_err(|reason| error("/customer", &reason)));
    let amount = required("amount", "/amount")
        .and_then(|amount| amount.trim().parse().map_err(|reason| error("/amount", &reason)));
    let coupon = match one(fields, "coupon") {
        Ok(coupon) => coupon_of(&coupon.unwrap_or_default()),
        Err(Repeated) => Err(error("/coupon", &"must be given once")),
    };
    let Ok(key) = one(fields, KEY) else { return Err(key::bad_key()) };
    let key = key.unwrap_or_default();
    Ok(NewOrder { key: key::of_field(&key)?, ..order_of(customer, amount, coupon)? })
}

#[derive(Debug)]
struct Repeated;

fn one<'a>(
    fields: &'a [(Cow<str>, Cow<str>)],
    name: &str,
) -> Result<Option<Cow<'a, str>>, Repeated> {
    let mut values = fields
        .iter()
        .filter(|(field, _)| field == name)
        .map(|(_, value)| Cow::Borrowed(value.as_ref()));
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Repeated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use domain::corpus::mutated_bytes;
    use proptest::prelude::*;

    #[test]
    fn form_parses_browser_encoding() {
        let order = read(b"customer=Ada+Lovelace%20%E2%98%83&amount=+81.50+&coupon=").unwrap();
        assert_eq!(
            (order.customer.as_str(), order.amount.cents(), order.coupon),
            ("Ada Lovelace ☃", 8150, None)
        );
        let order = read(b"customer=Ada&amount=81.50&coupon=+abcd-efgh+JKLM").unwrap();
        assert_eq!(order.coupon, Some("ABCDEFGHJKLM".parse().unwrap()));
    }

    #[test]
    fn repeated_form_key_is_rejected() {
        let rejected =
            read(b"customer=Ada&amount=1&idempotency_key=k1&idempotency_key=k2").unwrap_err();
        assert_eq!(rejected.problem.status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn rejected_form_keeps_input_and_lists_errors() {
        let Rejected { problem, input } =
            read(b"customer=+&amount=abc&coupon=X&idempotency_key=k1").unwrap_err();
        let expected = [" ", "abc", "X", "k1"].map(str::to_owned);
        assert_eq!([input.customer, input.amount, input.coupon, input.key], expected);
        assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY);
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/customer", "/amount", "/coupon"]);
    }

    #[test]
    fn missing_or_repeated_field_is_named() {
        for (body, pointer, detail) in [
            ("customer=Ada", "/amount", "is required"),
            ("amount=80", "/customer", "is required"),
            ("customer=Ada&amount=80&amount=90", "/amount", "must be given once"),
            ("customer=Ada&amount=80&coupon=&coupon=", "/coupon", "must be given once"),
        ] {
            let problem = read(body.as_bytes()).unwrap_err().problem;
            assert_eq!(problem.errors, [FieldError::new(pointer, detail)], "{body}");
        }
    }

    #[test]
    fn non_utf8_form_is_rejected() {
        for body in [
            b"customer=%FF&amount=80".as_slice(),
            b"customer=\xff&amount=80",
            b"customer=Ada%E2&amount=80",
        ] {
            assert_eq!(read(body).unwrap_err().problem.status, StatusCode::BAD_REQUEST);
        }
        let input = read("customer=\u{fffd}&amount=80".as_bytes()).unwrap();
        assert_eq!(input.customer.as_str(), "\u{fffd}");
    }

    #[test]
    fn stray_percent_sign_is_literal() {
        assert_eq!(read(b"customer=100%+%zz%2&amount=80").unwrap().customer.as_str(), "100% %zz%2");
    }

    proptest! {
        #[test]
        fn accepted_order_matches_the_sent_body(body in mutated_bytes(include_str!("corpus/forms.txt"))) {
            if let Ok(order) = read(&body) {
                let fields: Vec<_> = form_urlencoded::parse(&body).collect();
                let sent = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim());
                prop_assert_eq!(Some(order.customer.as_str()), sent("customer"));
                prop_assert_eq!(Some(Ok(order.amount)), sent("amount").map(str::parse));
                prop_assert!(std::str::from_utf8(&percent_decode(&body).collect::<Vec<_>>()).is_ok());
            }
        }

        #[test]
        fn body_parser_never_panics(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn encoded_form_round_trips(
            customer in ".*", amount in ".*", coupon in ".*"
        ) {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("customer", &customer).append_pair("amount", &amount).append_pair("coupon", &coupon);
            let body = form.finish();
            match read(body.as_bytes()) {
                Ok(order) => {
                    prop_assert_eq!(order.customer.as_str(), customer.trim());
                    prop_assert_eq!(Ok(order.amount), amount.trim().parse());
                }
                Err(rejected) => {
                    prop_assert_eq!(rejected.input, FormInput { customer, amount, coupon, key: String::new() });
                }
            }
        }
    }
}
