//! Adds a subscriber to the text of template.yaml, and removes it.
//!
//! The template names a subscriber in five places: the list of the loops, its row in the mapping
//! `Functions`, its subscription and table, its log group among those of the saved queries, and its
//! alarms on the dashboard. Everything else is in loops.

use std::ops::Range;

use anyhow::{Context, Result, ensure};

use super::blocks::{find_block, key, section};
use super::name::Name;
use super::template_check;

/// What the template says of one subscriber alone.
pub(crate) struct Texts {
    pub(crate) mapping_row: String,
    pub(crate) resources: String,
}

/// The line above the loop over the subscribers, below the resources of single ones.
const LOOP: &str = "  # What every subscriber has.\n";
const MAPPINGS_END: &str = "\nResources:\n";
const LIST: &str = "&subscribers [";
const LOG_GROUPS: &str = "LogGroupNames: &all_logs [";
const ALARMS: &str = "\"alarms\": [\n";
const ALARMS_END: &str = "]}},\n";

/// The alarms of a subscriber on the dashboard, in the lines that show them.
const ALARM_LINES: [&[&str]; 4] = [
    &["SubscriptionDlqHasMessages", "QueueOldestAgeHigh"],
    &["RetriesHigh", "PoisonMessages"],
    &["FunctionErrors", "FunctionThrottled"],
    &["DlqHasMessages"],
];

/// Whether the template has the subscriber.
pub(super) fn has(template: &str, name: &Name) -> Result<bool> {
    let (_, rest) = split_at_marker(template, LIST)?;
    let (items, _) = split_at_marker(rest, "]")?;
    Ok(items.split(", ").any(|item| item == name.id()))
}

/// Returns the template with the subscriber. Fails if `remove` could not undo it.
pub(super) fn add(template: &str, name: &Name, texts: &Texts) -> Result<String> {
    ensure!(
        !has(template, name)?,
        "template.yaml has the subscriber {name} already: `cargo xtask remove subscriber {name}` removes it",
        name = name.as_str()
    );
    template_check::ensure_unused(template, name)
        .with_context(|| format!("`{}` cannot be used: choose another name", name.as_str()))?;
    let id = name.id();
    let text = insert_before(template, MAPPINGS_END, &texts.mapping_row)?;
    let text = insert_before(&text, LOOP, &texts.resources)?;
    let text = edit_list(&text, LIST, |items| items.push(id.clone()))?;
    let text = edit_list(&text, LOG_GROUPS, |items| items.push(format!("!Ref {id}Logs")))?;
    let alarms = ALARM_LINES.map(|alarms| {
        let arns: Vec<_> = alarms.iter().map(|alarm| format!("\"${{{id}{alarm}.Arn}}\"")).collect();
        format!("              {}", arns.join(", "))
    });
    let text = edit_alarms(&text, |lines| lines.extend(alarms))?;
    template_check::ensure_differ_by(name, &text, template)?;
    ensure!(
        remove(&text, name)? == template,
        "template.yaml is written in a form that `remove subscriber` could not restore; was a blank \
         line or a comment moved that marks the place to edit?"
    );
    Ok(text)
}

/// Returns the template without the subscriber.
pub(super) fn remove(template: &str, name: &Name) -> Result<String> {
    let id = name.id();
    let (text, _) = split_own_blocks(template, name)?;
    let text = edit_list(&text, LIST, |items| items.retain(|item| *item != id))?;
    let logs = format!("!Ref {id}Logs");
    let text = edit_list(&text, LOG_GROUPS, |items| items.retain(|item| *item != logs))?;
    let text = edit_alarms(&text, |lines| {
        *lines = lines.iter().filter_map(|line| without_alarms_of(&id, line)).collect();
    })?;
    let left: Vec<_> =
        text.lines().filter(|line| template_check::refers_to(line, &id)).map(str::trim).collect();
    ensure!(
        left.is_empty(),
        "other parts of template.yaml use {}: {}. Change them first",
        name.as_str(),
        left.join("; "),
    );
    template_check::ensure_differ_by(name, template, &text)?;
    Ok(text)
}

/// The subscriber's mapping row and resources.
pub(super) fn own_text(template: &str, name: &Name) -> Result<String> {
    Ok(split_own_blocks(template, name)?.1)
}

/// Returns the template without the subscriber's mapping row and resources, and these.
fn split_own_blocks(template: &str, name: &Name) -> Result<(String, String)> {
    let (mut text, mut own) = (template.to_owned(), String::new());
    while let Some(block) = own_block(&text, &name.id())? {
        own = own + text[block.clone()].trim_end() + "\n";
        text.replace_range(block, "");
    }
    Ok((text, own))
}

/// The subscriber's row in the mapping, or else its first resource.
fn own_block(text: &str, id: &str) -> Result<Option<Range<usize>>> {
    let is_functions = |line: &str| key(line, "  ") == Some("Functions");
    let functions = find_block(text, section(text, "Mappings")?, is_functions)
        .context("template.yaml has no mapping Functions")?;
    let is_row = |line: &str| key(line, "    ") == Some(id);
    let is_resource =
        |line: &str| key(line, "  ").is_some_and(|key| template_check::is_own(key, id));
    Ok(match find_block(text, functions, is_row) {
        Some(row) => Some(row),
        None => find_block(text, section(text, "Resources")?, is_resource),
    })
}

fn insert_before(text: &str, marker: &str, addition: &str) -> Result<String> {
    let (before, after) = split_at_marker(text, marker)?;
    Ok(format!("{before}{addition}{marker}{after}"))
}

fn split_at_marker<'a>(text: &'a str, marker: &str) -> Result<(&'a str, &'a str)> {
    text.split_once(marker).with_context(|| {
        format!("template.yaml has no {:?} any more, which marks the place to edit", marker.trim())
    })
}

/// Edits a list on one line, `[A, B]`.
fn edit_list(text: &str, start: &str, edit: impl FnOnce(&mut Vec<String>)) -> Result<String> {
    let (before, rest) = split_at_marker(text, start)?;
    let (items, after) = split_at_marker(rest, "]")?;
    let mut items: Vec<_> = items.split(", ").map(str::to_owned).collect();
    edit(&mut items);
    Ok(format!("{before}{start}{}]{after}", items.join(", ")))
}

/// Edits the lines of the dashboard's alarms, which end with a comma but for the last.
fn edit_alarms(text: &str, edit: impl FnOnce(&mut Vec<String>)) -> Result<String> {
    let (before, rest) = split_at_marker(text, ALARMS)?;
    let (lines, after) = split_at_marker(rest, ALARMS_END)?;
    let mut lines: Vec<_> =
        lines.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    edit(&mut lines);
    Ok(format!("{before}{ALARMS}{}{ALARMS_END}{after}", lines.join(",\n")))
}

/// A line of alarms without those of a subscriber; `None` if nothing is left.
fn without_alarms_of(id: &str, line: &str) -> Option<String> {
    let (indentation, alarms) = line.split_at(line.len() - line.trim_start().len());
    let others: Vec<_> =
        alarms.split(", ").filter(|alarm| !template_check::refers_to(alarm, id)).collect();
    if others.is_empty() { None } else { Some(format!("{indentation}{}", others.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;

    use super::super::files::texts;
    use super::super::filter::Filter;

    fn template() -> String {
        fs::read_to_string(devstack::root().join("template.yaml")).unwrap()
    }

    fn added(name: &Name, filter: Option<&Filter>) -> String {
        add(&template(), name, &texts(name, filter).unwrap()).unwrap()
    }

    #[test]
    fn added_subscriber_has_all_resources_of_a_subscriber() {
        let filter = Filter::parse("amount >= 100").unwrap();
        let text = added(&Name::parse("specimen").unwrap(), Some(&filter));
        let expanded =
            serde_yaml_ng::to_string(&devstack::expand_template(&text).unwrap()).unwrap();
        let fulfilment = expanded.matches("\n  Fulfilment").count();
        // Fulfilment has an alarm of its own.
        assert_eq!(expanded.matches("\n  Specimen").count(), fulfilment - 1);
        assert_eq!(text.matches("SpecimenDlqHasMessages.Arn").count(), 1);
        assert!(text.contains("FilterPolicy: { amount: [{ numeric: [\">=\", 100] }] }"));
    }

    #[test]
    fn removal_restores_the_template_to_the_byte() {
        let [one, other] = ["specimen", "example"].map(|name| Name::parse(name).unwrap());
        let with_one = added(&one, None);
        let texts = texts(&other, None).unwrap();
        let with_both = add(&with_one, &other, &texts).unwrap();
        assert!(remove(&with_both, &other).unwrap() == with_one, "the last one");
        let without_one = remove(&with_both, &one).unwrap();
        assert!(without_one == added(&other, None), "the first of two");
        assert!(remove(&without_one, &other).unwrap() == template(), "both");
    }

    #[test]
    fn subscriber_that_others_use_is_not_removed() {
        let name = Name::parse("fulfilment").unwrap();
        let error = remove(&template(), &name).unwrap_err().to_string();
        assert!(error.contains("FULFILMENT_TABLE: !Ref FulfilmentTable"), "{error}");
    }

    #[test]
    fn template_that_removal_cannot_restore_is_refused() {
        let name = Name::parse("specimen").unwrap();
        let template = template().replace(&format!("\n\n{LOOP}"), &format!("\n{LOOP}"));
        let error = add(&template, &name, &texts(&name, None).unwrap()).unwrap_err().to_string();
        assert!(error.contains("could not restore"), "{error}");
    }

    #[test]
    fn removal_takes_customised_blocks_whole() {
        let name = Name::parse("specimen").unwrap();
        let template = added(&name, None);
        let customised = customised(&template);
        assert!(remove(&customised, &name).unwrap() == super::tests::template());
        let [own, customised] = [&template, &customised].map(|text| own_text(text, &name).unwrap());
        assert_ne!(own, customised);
        assert!(customised.contains("Ttl: true }\n\n  # Kept") && customised.contains("# Row"));
    }

    /// Adds comments, blank lines and a setting to each part of the specimen's.
    fn customised(template: &str) -> String {
        let rows = "  SpecimenTable:\n    Type: AWS::DynamoDB::Table\n";
        let expiry = "    Metadata: { Ttl: true }\n\n  # Kept for a day.\n\n    # Deeper.\n";
        assert!(template.contains(rows));
        template
            .replace(
                rows,
                &format!("  SpecimenTable: # rows\n    Type: AWS::DynamoDB::Table\n{expiry}"),
            )
            .replace("      Name: specimen\n", "      Name: specimen\n\n      # Row.\n")
    }

    #[test]
    fn removal_keeps_other_sections_and_mappings() {
        let name = Name::parse("specimen").unwrap();
        let with_output = added(&name, None)
            .replace("\nOutputs:\n", "\nOutputs:\n  SpecimenUrl:\n    Value: none\n");
        let error = remove(&with_output, &name).unwrap_err().to_string();
        assert!(
            error.contains("other parts of template.yaml use specimen: SpecimenUrl:"),
            "{error}"
        );

        let colours = "\nMappings:\n  Colours:\n    Specimen:\n      Name: red\n";
        let with_mapping = added(&name, None).replace("\nMappings:\n", colours);
        assert!(remove(&with_mapping, &name).unwrap().contains(colours));
    }

    #[test]
    fn removal_keeps_alarms_on_the_same_line() {
        let line = r#"  "${SpecimenFunctionErrors.Arn}", "${PromotionRetriesHigh.Arn}""#;
        let left = without_alarms_of("Specimen", line);
        assert_eq!(left.as_deref(), Some(r#"  "${PromotionRetriesHigh.Arn}""#));
        assert_eq!(without_alarms_of("Promotion", &left.unwrap()), None);
    }

    #[test]
    fn subscriber_of_the_template_is_not_added_again() {
        let name = Name::parse("specimen").unwrap();
        let with = added(&name, None);
        let error = add(&with, &name, &texts(&name, None).unwrap()).unwrap_err().to_string();
        assert!(error.contains("cargo xtask remove subscriber specimen"), "{error}");
        assert!(has(&with, &name).unwrap() && !has(&template(), &name).unwrap());
    }
}
