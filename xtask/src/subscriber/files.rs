//! The files of a new subscriber.

use anyhow::Result;
use askama::Template;

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

/// The package's files: the path below its folder, and the text.
pub(super) fn package(name: &Name, filter: Option<&Filter>) -> Result<Vec<(&'static str, String)>> {
    let of = &Subscriber::new(name, filter);
    Ok(vec![
        ("Cargo.toml", Manifest { of }.render()? + "\n"),
        ("src/main.rs", Main { of }.render()? + "\n"),
        ("src/handler.rs", Handler { of }.render()? + "\n"),
    ])
}

/// The subscriber's own parts of template.yaml.
pub(super) fn texts(name: &Name, filter: Option<&Filter>) -> Result<Texts> {
    let of = &Subscriber::new(name, filter);
    let [mapping_row, resources] = [MappingRow { of }.render()?, Resources { of }.render()?];
    Ok(Texts { mapping_row: mapping_row + "\n", resources: resources + "\n" })
}
