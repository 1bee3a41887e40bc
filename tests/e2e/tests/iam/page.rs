//! docs/reference/security.md shows the tested permissions.

use std::fmt::{self, Write};
use std::{env, fs};

use crate::resources::{Kind, tried_resources};
use crate::table::{ALLOWED, allowed, tries};

const PAGE: &str = "docs/reference/security.md";
const BEGIN: &str = "<!-- What follows is written by tests/e2e/tests/iam/page.rs. -->\n";
const END: &str = "<!-- End of what it writes. -->\n";

/// A subscriber that stands for all of them, so that a new one does not change the page.
const SUBSCRIBER: &str = "subscriber";
/// Roles with their titles. The table has no resource of the other subscriber.
const COLUMNS: [(&str, &str); 5] = [
    ("orders", "orders"),
    ("outbox-relay", "outbox-relay"),
    (SUBSCRIBER, "subscriber `${Name}`"),
    ("other", "other subscribers"),
    ("schedule", "the relay's schedule"),
];

/// The actions' names without their service.
fn short<'a>(actions: impl IntoIterator<Item = &'a str>) -> String {
    let names = actions.into_iter().map(|action| {
        let name = action.split_once(':').map_or(action, |(_, name)| name);
        format!("`{name}`")
    });
    names.collect::<Vec<_>>().join(" ")
}

/// The table of all calls, for any subscriber.
fn table() -> Result<String, fmt::Error> {
    let mut page = String::new();
    let titles = COLUMNS.map(|(_, title)| title).join(" | ");
    writeln!(page, "| | Tried | {titles} |")?;
    writeln!(page, "|---|--:|{}", "---|".repeat(COLUMNS.len()))?;
    for (resource, kind) in tried_resources(&[SUBSCRIBER.to_owned()]) {
        let cells = COLUMNS.map(|(role, _)| {
            let actions = kind.actions().iter().copied();
            match &*short(actions.filter(|action| allowed(role, action, &resource))) {
                "" => "denied".to_owned(),
                names => format!("{names}, else denied"),
            }
        });
        let name = match resource.strip_prefix("Subscriber") {
            Some(suffix) => format!("`${{Name}}{suffix}`"),
            None if kind == Kind::Account => resource,
            None => format!("`{resource}`"),
        };
        writeln!(page, "| {name} | {} | {} |", kind.actions().len(), cells.join(" | "))?;
    }
    Ok(page)
}

/// The permissions that name a subscriber: the table of all calls cannot show them.
fn extras() -> Result<String, fmt::Error> {
    let shown = tried_resources(&[SUBSCRIBER.to_owned()]);
    let mut page = "| Role | Resource | Also allowed |\n|---|---|---|\n".to_owned();
    for (role, what) in ALLOWED {
        let is_column = COLUMNS.iter().any(|(name, _)| *name == role);
        let mut resources: Vec<&str> = vec![];
        for (_, resource) in what {
            let is_row = shown.iter().any(|(name, _)| name == resource);
            if !(is_column && is_row || resources.contains(resource)) {
                resources.push(resource);
            }
        }
        for resource in resources {
            let actions = what.iter().filter(|(_, on)| *on == resource);
            let names = short(actions.map(|(action, _)| *action));
            writeln!(page, "| {role} | `{resource}` | {names} |")?;
        }
    }
    Ok(page)
}

/// The actions that are tried on each kind of resource.
fn actions() -> String {
    let line = |kind: Kind| {
        let names: Vec<_> = kind.actions().iter().map(|action| format!("`{action}`")).collect();
        format!("- On {}: {}\n", kind.named(), names.join(" "))
    };
    Kind::ALL.map(line).concat()
}

/// What the page says between [`BEGIN`] and [`END`].
fn generated() -> Result<String, fmt::Error> {
    let fixed = tries(&[]).len();
    let of_subscriber = tries(&[SUBSCRIBER.to_owned()]).len() - fixed;
    let (table, extras, actions) = (table()?, extras()?, actions());
    Ok(format!(
        "
{table}
`${{Name}}` stands for each subscriber, as in `template.yaml`. These exceptions are allowed as well:

{extras}
As each role, the suite makes {fixed} calls, and {of_subscriber} more for each subscriber.

{actions}
"
    ))
}

/// With `E2E_WRITE_PAGES` set, writes the table into the page; otherwise the page must match.
#[test]
fn page_lists_every_tried_call() {
    let file = devstack::root().join(PAGE);
    let page = fs::read_to_string(&file).expect("the page can be read");
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the table begins");
    let (shown, after) = rest.split_once(END).expect("the page says where the table ends");
    let generated = generated().expect("a text can be written to");
    if env::var_os("E2E_WRITE_PAGES").is_some() {
        fs::write(file, format!("{before}{BEGIN}{generated}{END}{after}"))
            .expect("the page can be written");
        return;
    }
    assert_eq!(
        shown, generated,
        "{PAGE} shows another table; E2E_WRITE_PAGES=1 cargo xtask test --suite iam writes it"
    );
}
