//! Checks that a change of template.yaml is of one subscriber only.

use anyhow::{Context, Result, ensure};
use serde_yaml_ng::{Mapping, Value};

use super::name::Name;

/// The resources that list all subscribers, so that one more or less changes them.
const LISTS: [&str; 2] = ["AWS::CloudWatch::Dashboard", "AWS::Logs::QueryDefinition"];

/// Fails if the template without the subscriber contains its id: as a word of a logical id, such
/// as `Dlq` of `LoyaltyDlqPolicy`, or at the beginning of one.
pub(super) fn ensure_unused(template: &str, name: &Name) -> Result<()> {
    let id = name.id();
    let expanded = devstack::expand_template(template)?;
    for section in ["Parameters", "Conditions", "Resources", "Outputs"] {
        for key in mapping(&expanded[section])?.keys().filter_map(Value::as_str) {
            ensure!(
                !words(key).any(|word| word == id),
                "`{}` is a word of {key} in template.yaml",
                name.as_str()
            );
        }
    }
    let line = template.lines().find(|line| refers_to(line, &id));
    ensure!(
        line.is_none(),
        "template.yaml uses {id} as the beginning of a name: {}",
        line.unwrap_or_default().trim()
    );
    Ok(())
}

/// Whether the line names a resource of the subscriber with this id.
pub(super) fn refers_to(line: &str, id: &str) -> bool {
    let is_boundary = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    line.match_indices(id)
        .any(|(at, _)| is_boundary(line[..at].chars().next_back()) && is_own(&line[at..], id))
}

/// Whether a logical id is of the subscriber with this id.
pub(super) fn is_own(logical_id: &str, id: &str) -> bool {
    logical_id.strip_prefix(id).is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

/// Fails if two templates differ in more than the subscriber, which only `with` has, and the lists
/// of all subscribers.
pub(super) fn ensure_differ_by(name: &Name, with: &str, without: &str) -> Result<()> {
    let [with, without] = [devstack::expand_template(with)?, devstack::expand_template(without)?];
    let (all, rest) = (mapping(&with)?, mapping(&without)?);
    ensure!(all.keys().eq(rest.keys()), "the sections of template.yaml would change");
    for (section, value) in all {
        let section = section.as_str().context("a section has a name")?;
        if !["Resources", "Outputs"].contains(&section) {
            ensure!(*value == without[section], "{section} of template.yaml would change");
            continue;
        }
        let (all, rest) = (mapping(value)?, mapping(&without[section])?);
        let lost = rest.keys().find(|key| !all.contains_key(key));
        ensure!(lost.is_none(), "{lost:?} of template.yaml would change");
        for (key, value) in all {
            let key = key.as_str().context("a resource has a name")?;
            let is_allowed = match rest.get(key) {
                Some(other) => value == other || is_list(value),
                None => is_own(key, &name.id()),
            };
            ensure!(
                is_allowed,
                "{key} of template.yaml, which is not of {}, would change",
                name.as_str()
            );
        }
    }
    Ok(())
}

fn is_list(resource: &Value) -> bool {
    LISTS.iter().any(|kind| resource["Type"] == *kind)
}

fn mapping(value: &Value) -> Result<&Mapping> {
    value.as_mapping().context("a part of template.yaml is no mapping")
}

/// The words of a logical id: `Api`, `5xx`, `Rate` and `High`.
fn words(logical_id: &str) -> impl Iterator<Item = &str> {
    let is_start = |letter: char| letter.is_uppercase() || letter.is_ascii_digit();
    let starts: Vec<_> = logical_id.match_indices(is_start).map(|(at, _)| at).collect();
    let ends: Vec<_> = starts.iter().skip(1).copied().chain([logical_id.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| &logical_id[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;

    fn template() -> String {
        fs::read_to_string(devstack::root().join("template.yaml")).unwrap()
    }

    #[test]
    fn words_of_the_template_are_refused() {
        for used in [
            "alarm",
            "dashboard",
            "dlq",
            "fulfilment",
            "function",
            "key",
            "kms",
            "order",
            "orders",
            "outbox",
            "queue",
            "records",
            "shop",
            "slowest",
            "subscription",
            "table",
            "version",
        ] {
            assert!(ensure_unused(&template(), &Name::parse(used).unwrap()).is_err(), "{used}");
        }
        for free in ["example", "gifts", "specimen", "thanks"] {
            ensure_unused(&template(), &Name::parse(free).unwrap()).unwrap();
        }
    }

    #[test]
    fn only_the_subscriber_and_lists_may_differ() {
        let name = Name::parse("invoicing").unwrap();
        let with = template();
        let without = |from: &str, to: &str| {
            assert!(with.contains(from), "{from}");
            ensure_differ_by(&name, &with, &with.replace(from, to))
        };
        without("RetentionInDays: !Ref LogRetentionDays", "RetentionInDays: 1").unwrap_err();
        without("  AlarmTopicArn: { Value: !Ref AlarmTopic }\n", "").unwrap_err();
        without("    Default: 256\n", "    Default: 512\n").unwrap_err();
        without("Resources:\n", "Resources:\n  New: {}\n").unwrap_err();
        without("/slowest orders", "/slow orders").unwrap();
        without(
            "&subscribers [Fulfilment, Promotion, Invoicing",
            "&subscribers [Fulfilment, Promotion",
        )
        .unwrap();
        without(
            "&subscribers [Fulfilment, Promotion, Invoicing",
            "&subscribers [Fulfilment, Invoicing",
        )
        .unwrap_err();
    }
}
