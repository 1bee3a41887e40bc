//! docs/reference/security.md shows the tested permissions.

use std::fmt::{self, Write};
use std::{env, fs};

use crate::resources::{Kind, tried_resources};
use crate::system::ROLES;
use crate::table::{allowed, tries};

const PAGE: &str = "docs/reference/security.md";
const BEGIN: &str = "<!-- What follows is written by tests/e2e/tests/iam/page.rs. -->\n";
const END: &str = "<!-- That was it. -->\n";

/// The action's name without its service.
fn short(action: &str) -> &str {
    action.split_once(':').map_or(action, |(_, short)| short)
}

fn table() -> Result<String, fmt::Error> {
    let mut page = String::new();
    let (mut done, mut denied) = (0, 0);
    let columns = ROLES.map(|role| if role == "schedule" { "the relay's schedule" } else { role });
    writeln!(page, "| | Tried | {} |", columns.join(" | "))?;
    writeln!(page, "|---|--:|{}", "---|".repeat(ROLES.len()))?;
    for (resource, kind) in tried_resources() {
        let cells = ROLES.map(|role| {
            let may: Vec<_> =
                kind.actions().iter().filter(|action| allowed(role, action, &resource)).collect();
            done += may.len();
            denied += kind.actions().len() - may.len();
            let names: Vec<_> = may.iter().map(|action| format!("`{}`", short(action))).collect();
            if names.is_empty() {
                "denied".to_owned()
            } else {
                format!("{}, else denied", names.join(" "))
            }
        });
        let name = if kind == Kind::Account { resource } else { format!("`{resource}`") };
        writeln!(page, "| {name} | {} | {} |", kind.actions().len(), cells.join(" | "))?;
    }
    assert_eq!(done + denied, ROLES.len() * tries().len());
    writeln!(
        page,
        "\nTried: {} calls as each of {} roles. Done: {done}. Denied: {denied}.\n",
        tries().len(),
        ROLES.len()
    )?;
    for kind in Kind::ALL {
        let names: Vec<_> = kind.actions().iter().map(|action| format!("`{action}`")).collect();
        writeln!(page, "- On {}: {}", kind.named(), names.join(" "))?;
    }
    Ok(page)
}

/// With `E2E_WRITE_PAGES` set, writes the table into the page; otherwise the page must match.
#[test]
fn page_lists_every_tried_call() {
    let file = devstack::root().join(PAGE);
    let page = fs::read_to_string(&file).expect("the page can be read");
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the table begins");
    let (shown, after) = rest.split_once(END).expect("the page says where the table ends");
    let tried = format!("\n{}\n", table().expect("a text can be written to"));
    if env::var_os("E2E_WRITE_PAGES").is_some() {
        fs::write(file, format!("{before}{BEGIN}{tried}{END}{after}"))
            .expect("the page can be written");
        return;
    }
    assert_eq!(
        shown, tried,
        "{PAGE} shows another table; E2E_WRITE_PAGES=1 cargo xtask test --suite iam writes it"
    );
}
