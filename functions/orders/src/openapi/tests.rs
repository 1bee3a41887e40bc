//! Compares the OpenAPI document with the code: paths, problems, fields, limits and examples.

use std::collections::BTreeSet;

use axum::body::to_bytes;
use axum::http::HeaderValue;
use domain::{Amount, CustomerName, IdempotencyKey};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::problem::Problem;
use crate::request::{Encoding, MAX_BODY};

fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("the document is JSON")
}

fn validator(schema: &Value) -> Validator {
    let schema = json!({ "allOf": [schema], "components": document()["components"] });
    jsonschema::draft202012::new(&schema).expect("a schema")
}

static NEW_ORDER: LazyLock<Validator> = LazyLock::new(|| validator_of("NewOrder"));
static NEW_ORDER_FORM: LazyLock<Validator> = LazyLock::new(|| validator_of("NewOrderForm"));
static KEY: LazyLock<Validator> =
    LazyLock::new(|| validator(&document()["paths"]["/orders"]["post"]["parameters"][0]["schema"]));

fn validator_of(name: &str) -> Validator {
    validator(&json!({ "$ref": format!("#/components/schemas/{name}") }))
}

/// Returns every text in `source` between `before` and the next quote.
fn quoted<'a>(source: &'a str, before: &str) -> BTreeSet<&'a str> {
    source.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn each(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(values) => values.iter().for_each(|value| each(value, visit)),
        Value::Object(fields) => fields.values().for_each(|value| each(value, visit)),
        _ => {}
    }
}

#[test]
fn document_lists_every_route_except_assets() {
    let document = document();
    let paths: BTreeSet<_> =
        document["paths"].as_object().unwrap().keys().map(|path| &path[1..]).collect();
    let mut routes = quoted(include_str!("../router.rs"), "\"/");
    assert!(
        routes.remove("assets/{fingerprint}/{name}"),
        "the style sheet and the script are the pages' own"
    );
    assert_eq!(paths, routes);
}

#[test]
fn document_and_errors_page_list_every_problem_type() {
    let types = quoted(include_str!("../problem/kind.rs"), "\"/problems/");
    let document = document();
    let mut documented = BTreeSet::new();
    each(&document["components"]["responses"], &mut |value| {
        let named = value["properties"]["type"]["enum"].as_array().into_iter().flatten();
        documented.extend(
            named.map(|kind| kind.as_str().unwrap().trim_start_matches("/problems/").to_owned()),
        );
    });
    // No operation documents this problem: it is for methods that a path does not support.
    documented.insert("method-not-allowed".to_owned());
    assert_eq!(documented.iter().map(String::as_str).collect::<BTreeSet<_>>(), types);

    let errors = include_str!("../../../../docs/reference/errors.md");
    let listed: BTreeSet<_> =
        errors.split("\n| `/problems/").skip(1).filter_map(|row| row.split('`').next()).collect();
    assert_eq!(listed, types);
    for kind in document["components"]["responses"].as_object().unwrap().values() {
        for (name, example) in kind["content"]["application/problem+json"]["examples"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let value = &example["value"];
            let row = format!(
                "| `/problems/{name}` | {} | {} |",
                value["status"],
                value["title"].as_str().unwrap()
            );
            assert!(
                errors.contains(&row),
                "docs/reference/errors.md has no row that begins: {row}"
            );
        }
    }
}

/// Problems as the code builds them.
fn problems() -> Vec<Problem> {
    let headers = |name: &'static str, value: &str| {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    };
    let read = |headers: &HeaderMap, body: &str| {
        Encoding::Json.read(headers, body.as_bytes()).unwrap_err().problem
    };
    vec![
        Encoding::of(&HeaderMap::new()).unwrap_err(),
        read(&HeaderMap::new(), "{"),
        read(&headers("idempotency-key", ""), "{"),
        read(&HeaderMap::new(), r#"{"customer": " ", "amount": 79.999}"#),
        Problem::key_of_another(),
        Problem::unavailable(),
    ]
}

#[test]
fn problem_examples_match_the_code() {
    let responses = &document()["components"]["responses"];
    for problem in problems() {
        let name = problem.kind.uri().trim_start_matches("/problems/").to_owned();
        let expected = serde_json::to_value(&problem).unwrap();
        let all = responses.as_object().unwrap().values();
        let example = all.map(|response| {
            &response["content"]["application/problem+json"]["examples"][&name]["value"]
        });
        assert_eq!(example.into_iter().find(|example| !example.is_null()), Some(&expected));
    }
}

#[test]
fn examples_validate_against_their_schemas() {
    let mut looked_at = 0;
    each(&document(), &mut |value| {
        let examples = value["examples"].as_object().into_iter().flat_map(serde_json::Map::values);
        for example in examples.chain(value.get("example").filter(|_| value["in"].is_string())) {
            let example = example.get("value").unwrap_or(example);
            let errors: Vec<_> = validator(&value["schema"])
                .iter_errors(example)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{example}: {errors:?}");
            looked_at += 1;
        }
    });
    assert!(looked_at >= 20, "{looked_at} examples");
}

#[test]
fn order_schema_describes_every_golden_field() {
    let document = document();
    let described = |schema: &str| -> BTreeSet<String> {
        let schema = &document["components"]["schemas"][schema];
        let named =
            schema["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let required = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned());
        assert_eq!(required.collect::<BTreeSet<_>>(), named, "each field is always there");
        named
    };
    let fields =
        |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    for golden in [
        include_str!("../../../../crates/domain/src/golden/order_view_placed.v1.json"),
        include_str!("../../../../crates/domain/src/golden/order_view_fulfilled.v1.json"),
        include_str!("../../../../crates/domain/src/golden/order_view_discounted.v1.json"),
    ] {
        let order: Value = serde_json::from_str(golden).unwrap();
        assert!(validator_of("Order").is_valid(&order), "{order}");
        assert_eq!(fields(&order), described("Order"));
        for (field, schema) in
            [("discount", "Discount"), ("shipment", "Shipment"), ("coupon", "Coupon")]
        {
            if order[field].is_object() {
                assert_eq!(fields(&order[field]), described(schema));
            }
        }
    }
}

#[test]
fn document_states_the_actual_limits() {
    let (document, kib) = (document(), format!("{} KiB", MAX_BODY / 1024));
    let assert_says = |pointer: &str, what: &str| {
        let text = document.pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(text.contains(what), "{pointer} does not say {what}: {text}");
    };
    assert_says("/paths/~1orders/post/description", &kib);
    assert_says("/components/responses/BodyTooLarge/description", &kib);
    assert_says(
        "/components/schemas/CustomerName/description",
        &format!("1 to {} characters", CustomerName::MAX_CHARS),
    );
    let key = format!("1 to {} characters", IdempotencyKey::MAX_CHARS);
    assert_says("/paths/~1orders/post/parameters/0/description", &key);
    let amount = "/components/schemas/NewOrder/properties/amount";
    assert_says(&format!("{amount}/description"), &format!("{} to {}", Amount::MIN, Amount::MAX));
    let number = &document.pointer(amount).unwrap()["anyOf"][1];
    assert_eq!(
        [&number["minimum"], &number["maximum"]].map(ToString::to_string),
        [Amount::MIN, Amount::MAX].map(|a| a.to_string())
    );
}

#[tokio::test]
async fn matching_etag_returns_not_modified() {
    let first = openapi(HeaderMap::new()).await;
    let tag = first.headers()[ETAG].clone();
    assert_eq!(to_bytes(first.into_body(), usize::MAX).await.unwrap(), DOCUMENT);
    let asked = async |tags: &str| {
        openapi(HeaderMap::from_iter([(IF_NONE_MATCH, tags.parse().unwrap())])).await
    };
    let tag = tag.to_str().unwrap();
    for tags in [tag, "*", &format!("W/{tag}"), &format!("\"another\" , {tag}")] {
        let again = asked(tags).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{tags}");
        assert_eq!(again.headers()[ETAG], *tag, "{tags}");
        assert!(to_bytes(again.into_body(), usize::MAX).await.unwrap().is_empty());
    }
    for tags in ["", "\"another\"", tag.trim_matches('"')] {
        assert_eq!(asked(tags).await.status(), StatusCode::OK, "{tags}");
    }
}

/// Customer input: names in all scripts with lengths around the limit, and almost valid amounts.
fn fields() -> impl Strategy<Value = (String, String)> {
    let customer = prop_oneof![
        ".{0,8}",
        "[ \u{a0}\n\t]{0,2}[a-zé ]{95,103}[ \u{3000}]{0,2}",
        "[\0-\u{a0}\u{2028}\u{200b}\u{fffd}-\u{ffff}]{0,3}"
    ];
    let amount = prop_oneof![
        "[0-9.,eE+ -]{0,6}",
        "0{0,40}[0-9]{0,11}(\\.[0-9]{0,3})?",
        "[ \n]?[0-9٠]{1,2}\n?"
    ];
    (customer, amount)
}

proptest! {
    #[test]
    fn order_schema_accepts_exactly_what_the_parser_accepts((customer, amount) in fields()) {
        let headers = HeaderMap::new();
        let body = json!({ "customer": customer, "amount": amount });
        let taken = Encoding::Json.read(&headers, body.to_string().as_bytes()).is_ok();
        prop_assert_eq!(NEW_ORDER.is_valid(&body), taken, "{}", body);

        let form = form_urlencoded::Serializer::new(String::new()).append_pair("customer", &customer).append_pair("amount", &amount).finish();
        let taken = Encoding::Form.read(&headers, form.as_bytes()).is_ok();
        prop_assert_eq!(NEW_ORDER_FORM.is_valid(&body), taken, "{}", form);
    }

    #[test]
    fn number_schema_accepts_only_whole_cents(cents in 0_u64..10_000_000, more in 0_u8..=9) {
        let number = format!("{}.{:02}{more}", cents / 100, cents % 100);
        let text = format!(r#"{{"customer": "Ada", "amount": {number}}}"#);
        let good = more == 0 && cents > 0;
        let body: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(NEW_ORDER.is_valid(&body), good);
        prop_assert_eq!(Encoding::Json.read(&HeaderMap::new(), text.as_bytes()).is_ok(), good);
    }

    #[test]
    fn key_schema_accepts_only_valid_keys(key in prop_oneof!["[ -~é\u{a0}\t]{0,4}", "[a-é]{253,257}"]) {
        // HTTP removes spaces around a header's value.
        let sent = HeaderValue::from_str(key.trim_matches([' ', '\t']));
        prop_assume!(sent.is_ok());
        let read = Encoding::Json.read(
            &HeaderMap::from_iter([("idempotency-key".parse().unwrap(), sent.unwrap())]),
            br#"{"customer": "Ada", "amount": 1}"#,
        );
        prop_assert!(!KEY.is_valid(&json!(key)) || read.is_ok());
    }
}
