//! The calls of the permission table in docs/reference/security.md, which the suite `iam` writes
//! and compares with what it saw.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::outcome::Outcome;
use super::target::Target;

const PAGE: &str = "docs/reference/security.md";
/// Stands for each subscriber in the table.
const SUBSCRIBER: &str = "${Name}";

/// One call, by the logical ids of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Try {
    role: String,
    action: String,
    /// A resource, or `*` for the account.
    resource: String,
    allowed: bool,
}

/// Lets IAM simulate every call of the table, for each role of a stack.
pub(super) async fn run(target: &Target, stack: &str) -> Result<Outcome> {
    let others = ["orders", "outbox-relay"];
    let functions = devstack::functions().iter().filter(|function| !others.contains(function));
    let subscribers: Vec<_> =
        functions.map(|function| devstack::resource(function).replace("Function", "")).collect();
    let file = NamedTempFile::new()?;
    serde_json::to_writer(&file, &tries(&subscribers)?)?;
    let path = file.path().to_str().context("a path of text")?;
    let arguments = ["permissions", "--stack", stack, "--tries", path];
    target.check("Simulating the calls of each role", &arguments).await
}

/// Every call of the table, for a stack with these subscribers, such as `Fulfilment`.
fn tries(subscribers: &[String]) -> Result<Vec<Try>> {
    let page = fs::read_to_string(devstack::root().join(PAGE)).context(PAGE)?;
    read(&page, subscribers)
}

fn read(page: &str, subscribers: &[String]) -> Result<Vec<Try>> {
    let exceptions: Vec<_> = cells(page, 3).map(|row| [row[0], row[1], row[2]]).collect();
    let mut tries = vec![];
    for row in cells(page, 7).filter(|row| !row[0].is_empty() && !row[0].starts_with("---")) {
        let resource = row[0].trim_matches('`');
        let of_subscriber = resource.contains(SUBSCRIBER);
        let owners = if of_subscriber { subscribers } else { &[String::new()][..] };
        for owner in owners {
            let resource = match resource {
                "the account" => "*".to_owned(),
                name => name.replace(SUBSCRIBER, owner),
            };
            let actions = actions(page, &resource)?;
            let columns =
                [("Orders", row[2]), ("OutboxRelay", row[3]), ("OutboxRelaySchedule", row[6])];
            let own =
                subscribers.iter().map(|name| (&**name, row[if name == owner { 4 } else { 5 }]));
            for (role, cell) in columns.into_iter().chain(own) {
                let names = names(cell).chain(also_allowed(&exceptions, role, &resource));
                let allowed: Vec<_> = names.collect();
                tries.extend(actions.iter().map(|action| Try {
                    role: format!("{role}Role"),
                    action: (*action).to_owned(),
                    resource: resource.clone(),
                    allowed:
                        action.split_once(':').is_some_and(|(_, name)| allowed.contains(&name)),
                }));
            }
        }
    }
    ensure!(!tries.is_empty(), "{PAGE} has no table of permissions");
    Ok(tries)
}

/// The rows of the tables with this number of columns.
fn cells(page: &str, columns: usize) -> impl Iterator<Item = Vec<&str>> {
    let rows = page.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(move |cells| cells.len() == columns)
}

/// The words between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// What a role may do with a resource beside what the table's columns say.
fn also_allowed<'page>(
    exceptions: &[[&'page str; 3]],
    role: &str,
    resource: &str,
) -> impl Iterator<Item = &'page str> {
    let of_role = move |row: &&[&str; 3]| {
        row[0].eq_ignore_ascii_case(role) && row[1].trim_matches('`') == resource
    };
    exceptions.iter().filter(of_role).flat_map(|row| names(row[2]))
}

/// The actions that the page lists for this kind of resource.
fn actions<'page>(page: &'page str, resource: &str) -> Result<Vec<&'page str>> {
    let kind = match resource {
        "*" => "the account",
        name if name.contains("/index/") => "an index",
        name if name.ends_with("Table") => "a table",
        name if name.ends_with("Queue") || name.ends_with("Dlq") => "a queue",
        name if name.ends_with("Topic") => "a topic",
        name if name.ends_with("Logs") => "a log group",
        name if name.ends_with("Function") => "a function",
        _ => "a role",
    };
    let start = format!("- On {kind}: ");
    let line = page.lines().find_map(|line| line.strip_prefix(&*start));
    Ok(names(line.with_context(|| format!("{PAGE} lists no actions on {kind}"))?).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries_of_two() -> Vec<Try> {
        tries(&["Fulfilment".to_owned(), "Invoicing".to_owned()]).expect("the page has the table")
    }

    fn allowed(role: &str, resource: &str) -> Vec<String> {
        let mut tries = tries_of_two();
        tries.retain(|one| one.role == role && one.resource == resource && one.allowed);
        tries.into_iter().map(|one| one.action).collect()
    }

    #[test]
    fn permission_table_is_read_with_its_exceptions() {
        assert_eq!(
            allowed("OrdersRole", "OrdersTable"),
            ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        );
        assert_eq!(allowed("OrdersRole", "FulfilmentTable"), ["dynamodb:BatchGetItem"]);
        assert_eq!(allowed("FulfilmentRole", "FulfilmentTable"), ["dynamodb:PartiQLInsert"]);
        assert_eq!(
            allowed("InvoicingRole", "InvoicingTable"),
            ["dynamodb:UpdateItem", "dynamodb:PartiQLInsert"]
        );
        assert_eq!(allowed("FulfilmentRole", "InvoicingTable"), <[&str; 0]>::default());
        assert_eq!(allowed("OutboxRelayRole", "OrdersTopic"), ["sns:Publish"]);
        assert_eq!(
            allowed("OutboxRelayScheduleRole", "OutboxRelayFunction"),
            ["lambda:InvokeFunction"]
        );
        assert_eq!(allowed("OrdersRole", "*"), <[&str; 0]>::default());
    }

    #[test]
    fn every_role_tries_as_often_as_the_page_says() {
        let tries = tries_of_two();
        for role in ["OrdersRole", "OutboxRelayScheduleRole", "InvoicingRole"] {
            let count = tries.iter().filter(|one| one.role == role).count();
            assert_eq!(count, 78 + 2 * 47, "{role}: docs/reference/security.md has other figures");
        }
    }
}
