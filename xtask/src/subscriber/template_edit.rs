//! Adds a subscriber to the text of template.yaml, and removes it.
//!
//! The template names a subscriber in five places: the list of the loops, its row in the mapping
//! `Functions`, its subscription and table, its log group among those of the saved queries, and its
//! alarms on the dashboard. Everything else is in loops.

use anyhow::{Context, Result, ensure};

use super::name::Name;

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

/// Returns the template with the subscriber.
pub(crate) fn add(template: &str, name: &Name, texts: &Texts) -> Result<String> {
    let id = name.id();
    let text = insert_before(template, MAPPINGS_END, &texts.mapping_row)?;
    let text = insert_before(&text, LOOP, &texts.resources)?;
    let text = edit_list(&text, LIST, |items| items.push(id.clone()))?;
    let text = edit_list(&text, LOG_GROUPS, |items| items.push(format!("!Ref {id}Logs")))?;
    let alarms = ALARM_LINES.map(|alarms| {
        let arns: Vec<_> = alarms.iter().map(|alarm| format!("\"${{{id}{alarm}.Arn}}\"")).collect();
        format!("              {}", arns.join(", "))
    });
    edit_alarms(&text, |lines| lines.extend(alarms))
}

/// Returns the template without the subscriber.
pub(crate) fn remove(template: &str, name: &Name) -> Result<String> {
    let id = name.id();
    let row = format!("    {id}:\n");
    let text = remove_block(template, &row).with_context(|| format!("no row for {id}"))?;
    let mut text = text;
    while let Some(resource) = own_resource(&text, &id) {
        text = remove_block(&text, &resource).context("a resource")?;
    }
    let text = edit_list(&text, LIST, |items| items.retain(|item| *item != id))?;
    let logs = format!("!Ref {id}Logs");
    let text = edit_list(&text, LOG_GROUPS, |items| items.retain(|item| *item != logs))?;
    let text = edit_alarms(&text, |lines| lines.retain(|line| !refers_to(line, &id)))?;
    let left: Vec<_> = text.lines().enumerate().filter(|(_, line)| refers_to(line, &id)).collect();
    ensure!(
        left.is_empty(),
        "other parts of template.yaml use {name}: {uses}. Change them first",
        name = name.as_str(),
        uses = left.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join("; "),
    );
    Ok(text)
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

/// The first line of a resource whose logical id begins with the subscriber's.
fn own_resource(text: &str, id: &str) -> Option<String> {
    let line = text.lines().find(|line| {
        let rest = line.strip_prefix("  ").and_then(|line| line.strip_prefix(id));
        rest.is_some_and(|rest| rest.starts_with(char::is_uppercase) && rest.ends_with(':'))
    });
    line.map(|line| format!("{line}\n"))
}

/// Removes a block: its first line, the deeper lines below it, and the comment above it. Of the
/// blank lines around it, one stays.
fn remove_block(text: &str, first: &str) -> Option<String> {
    let start = text.find(&format!("\n{first}"))? + 1;
    let (before, block) = text.split_at(start);
    let depth = first.len() - first.trim_start().len();
    let is_deeper = |line: &str| line.len() - line.trim_start().len() > depth;
    let length: usize = block
        .split_inclusive('\n')
        .enumerate()
        .take_while(|(at, line)| *at == 0 || is_deeper(line))
        .map(|(_, line)| line.len())
        .sum();
    let comment = format!("{}#", " ".repeat(depth));
    let mut before = before;
    while let Some(line) = before.split_inclusive('\n').next_back()
        && line.starts_with(&comment)
        && !line.contains("----")
    {
        before = &before[..before.len() - line.len()];
    }
    let after = &block[length..];
    let after =
        if before.ends_with("\n\n") { after.strip_prefix('\n').unwrap_or(after) } else { after };
    Some(format!("{before}{after}"))
}

/// Whether the line names a resource of the subscriber.
fn refers_to(line: &str, id: &str) -> bool {
    let is_boundary = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    line.match_indices(id).any(|(at, _)| {
        is_boundary(line[..at].chars().next_back())
            && line[at + id.len()..].starts_with(char::is_uppercase)
    })
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
    fn removal_of_an_unknown_subscriber_fails() {
        assert!(remove(&template(), &Name::parse("specimen").unwrap()).is_err());
    }
}
