//! The files of a new subscriber.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use askama::Template;
use devstack::root;

use super::filter::Filter;
use super::name::Name;
use super::template_edit::Texts;

/// What the templates of `xtask/templates/subscriber` are filled with.
struct Subscriber {
    name: String,
    /// The name as in logical ids.
    id: String,
    description: String,
    /// Which orders it gets.
    orders: String,
    /// The subscription's filter policy, as YAML.
    filter_policy: Option<String>,
}

#[derive(Template)]
#[template(path = "subscriber/Cargo.toml.txt", escape = "none")]
struct Manifest<'a> {
    of: &'a Subscriber,
}

#[derive(Template)]
#[template(path = "subscriber/main.rs.txt", escape = "none")]
struct Main<'a> {
    of: &'a Subscriber,
}

#[derive(Template)]
#[template(path = "subscriber/handler.rs.txt", escape = "none")]
struct Handler<'a> {
    of: &'a Subscriber,
}

#[derive(Template)]
#[template(path = "subscriber/mapping.yaml.txt", escape = "none")]
struct MappingRow<'a> {
    of: &'a Subscriber,
}

#[derive(Template)]
#[template(path = "subscriber/resources.yaml.txt", escape = "none")]
struct Resources<'a> {
    of: &'a Subscriber,
}

impl Subscriber {
    fn new(name: &Name, filter: Option<&Filter>) -> Self {
        let orders = filter.map_or_else(|| "every order".to_owned(), Filter::describe);
        Self {
            name: name.as_str().to_owned(),
            id: name.id(),
            description: format!("Writes a row for {orders}."),
            orders,
            filter_policy: filter.map(Filter::policy),
        }
    }
}

/// The package's files: the path below its folder, and the text. Cargo.toml is the last, so that
/// cargo does not find the package before it is complete.
pub(super) fn package(name: &Name, filter: Option<&Filter>) -> Result<Vec<(&'static str, String)>> {
    let of = &Subscriber::new(name, filter);
    Ok(vec![
        ("src/main.rs", formatted(&Main { of }.render()?)?),
        ("src/handler.rs", formatted(&Handler { of }.render()?)?),
        ("Cargo.toml", Manifest { of }.render()? + "\n"),
    ])
}

/// Rust source as `cargo fmt` writes it.
fn formatted(source: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root())
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt cannot be run; `rustup component add rustfmt` installs it")?;
    rustfmt.stdin.take().context("rustfmt has an input")?.write_all(source.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    ensure!(output.status.success(), "rustfmt ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// The subscriber's own parts of template.yaml.
pub(super) fn texts(name: &Name, filter: Option<&Filter>) -> Result<Texts> {
    let of = &Subscriber::new(name, filter);
    let [mapping_row, resources] = [MappingRow { of }.render()?, Resources { of }.render()?];
    Ok(Texts { mapping_row: mapping_row + "\n", resources: resources + "\n" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_formatted_for_short_and_long_names() {
        for name in ["ab", &"a".repeat(20)] {
            let files = package(&Name::parse(name).unwrap(), None).unwrap();
            for (file, text) in files.iter().filter(|(file, _)| file.starts_with("src/")) {
                assert_eq!(formatted(text).unwrap(), *text, "{file} of {name}");
            }
        }
    }

    #[test]
    fn manifest_is_written_last() {
        let files = package(&Name::parse("loyalty").unwrap(), None).unwrap();
        assert_eq!(files.last().map(|(file, _)| *file), Some("Cargo.toml"));
    }
}
