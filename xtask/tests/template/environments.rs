//! samconfig.toml's environments, and the template under the parameters of each.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml_ng::Value;

use crate::template::{Template, target, workspace_file};

/// The parameters of each environment that differ from the template's defaults.
pub(crate) fn environments() -> BTreeMap<String, BTreeMap<String, String>> {
    let config: toml::Table =
        workspace_file("samconfig.toml").parse().expect("samconfig.toml is TOML");
    let environments = config.iter().filter_map(|(name, value)| Some((name, value.as_table()?)));
    let overrides = environments.filter_map(|(name, environment)| {
        let overrides =
            environment.get("deploy")?.get("parameters")?.get("parameter_overrides")?.as_str()?;
        let overrides = overrides.split_whitespace().filter_map(|pair| pair.split_once('='));
        Some((
            name.clone(),
            overrides.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        ))
    });
    overrides.collect()
}

pub(crate) fn number(
    template: &Template,
    environment: &BTreeMap<String, String>,
    parameter: &str,
) -> u64 {
    match environment.get(parameter) {
        Some(value) => value.parse().expect("a number"),
        None => {
            template.parameter(parameter).as_u64().expect("the parameter has a number for default")
        }
    }
}

/// The dashboard finds a stack's metrics by the words of its name, so a stack whose name has them
/// all would be on it as well (docs/adr/0019).
#[test]
fn no_stack_name_contains_all_words_of_another() {
    let config: toml::Table =
        workspace_file("samconfig.toml").parse().expect("samconfig.toml is TOML");
    let environments = config.iter().filter(|(_, value)| value.is_table());
    let names: Vec<_> = environments
        .map(|(name, of)| {
            of["global"]["parameters"]["stack_name"].as_str().unwrap_or_else(|| panic!("{name}"))
        })
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let words = |name: &&str| name.split('-').map(str::to_owned).collect::<BTreeSet<_>>();
    for (position, name) in names.iter().enumerate() {
        for (_, other) in names.iter().enumerate().filter(|(other, _)| *other != position) {
            assert!(!words(other).is_superset(&words(name)), "{other} is found by {name}");
        }
    }
}

/// An empty parameter counts as absent, and every environment deploys without it.
#[test]
fn optional_features_are_off_by_default() {
    let template = Template::read();
    let conditions = template.root["Conditions"].as_mapping().expect("conditions");
    let optional = [
        ("HasAlarmEmail", "AlarmEmail"),
        ("HasBoundary", "PermissionsBoundaryArn"),
        ("HasCaBundle", "CaBundle"),
        ("HasCors", "CorsAllowedOrigins"),
        ("HasDomain", "CertificateArn"),
        ("HasKmsKey", "KmsKeyArn"),
        ("HasTokens", "JwtIssuer"),
    ];
    for (condition, parameter) in optional {
        let Value::Tagged(not) = &conditions[condition] else { panic!("{condition}") };
        let Value::Tagged(equals) = &not.value[0] else { panic!("{condition}") };
        assert_eq!(
            (not.tag.to_string(), equals.tag.to_string()),
            ("!Not".to_owned(), "!Equals".to_owned())
        );
        assert_eq!(
            (target(&equals.value[0]), &equals.value[1]),
            (Some(parameter), &"".into()),
            "{condition}"
        );
        assert_eq!(*template.parameter(parameter), "", "{parameter}");
    }
    assert_eq!(conditions.len(), optional.len() + 3, "and IsProd, IsFifo and TracesTopic");
}

/// SAM's cache hashes only a function's own folder: a change in `crates/` would not be built, and a
/// stale binary deployed. Cargo caches already; without SAM's cache an unchanged rebuild takes
/// seconds.
#[test]
fn sam_never_caches_builds() {
    let config: toml::Table =
        workspace_file("samconfig.toml").parse().expect("samconfig.toml is TOML");
    for (name, environment) in
        config.iter().filter_map(|(name, value)| Some((name, value.as_table()?)))
    {
        for (command, parameters) in environment {
            let cached =
                parameters.get("parameters").and_then(|parameters| parameters.get("cached"));
            assert_eq!(cached, None, "{name}.{command}");
        }
    }
}
