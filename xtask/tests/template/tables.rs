//! The tables: protection against mistakes and accidents.

use serde_yaml_ng::Value;

use crate::template::{Template, choice, target};

#[test]
fn prod_tables_are_retained_and_protected() {
    let template = Template::read();
    let transforms = template.root["Transform"].as_sequence().expect("transforms");
    assert_eq!(transforms[0], "AWS::LanguageExtensions", "by it a policy depends on a condition");
    for (id, table) in template.resources("AWS::DynamoDB::Table") {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            let of_table = choice(&template.root["Resources"][id][policy]);
            assert_eq!(
                of_table,
                Some(("IsProd", &"Retain".into(), &"Delete".into())),
                "{id}: {policy}"
            );
        }
        let protection = choice(&table["DeletionProtectionEnabled"]);
        assert_eq!(
            protection,
            Some(("IsProd", &true.into(), &false.into())),
            "{id} can be deleted by a slip"
        );
    }
    let Value::Tagged(is_prod) = &template.root["Conditions"]["IsProd"] else {
        panic!("IsProd is no condition")
    };
    assert_eq!(
        (target(&is_prod.value[0]), &is_prod.value[1]),
        (Some("Environment"), &"prod".into())
    );
}

/// An idempotency key's row holds a response, with the customer's name, for a day; a backup would
/// keep it for 35.
#[test]
fn every_table_but_keys_has_point_in_time_recovery() {
    let template = Template::read();
    let tables = template.resources("AWS::DynamoDB::Table");
    assert_eq!(
        tables.len(),
        devstack::functions().len(),
        "one for each, with the keys instead of the relay's"
    );
    for (id, table) in tables {
        let recovered =
            table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == true;
        assert_eq!(recovered, id != "IdempotencyKeysTable", "{id}");
    }
}

#[test]
fn only_idempotency_keys_have_a_ttl() {
    let template = Template::read();
    for (id, table) in template.resources("AWS::DynamoDB::Table") {
        let forgets = !table["TimeToLiveSpecification"].is_null();
        assert_eq!(
            forgets,
            id == "IdempotencyKeysTable",
            "{id}: forgotten, an old event has a second effect"
        );
    }
}
