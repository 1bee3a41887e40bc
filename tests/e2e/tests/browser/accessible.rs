//! Accessibility of the pages, as axe-core measures it.

use std::fs;

use serde_json::Value;

use crate::browser::Browser;

/// All of its rules: WCAG A and AA, and what it calls best practices. What it cannot decide fails
/// as well.
const RUN: &str = "const done = arguments[arguments.length - 1]; axe.run().then(done, (error) => done(String(error)));";

/// Finds no violation on the page that is shown.
pub(crate) async fn is_accessible(browser: &Browser) {
    // What axe itself makes the browser complain of is not the page's.
    browser.complains_of_nothing().await;
    let file = std::env::var("E2E_AXE").expect("E2E_AXE names axe-core's file");
    browser.run(&fs::read_to_string(file).expect("axe-core can be read")).await;
    let found = browser.client.execute_async(RUN, vec![]).await.expect("axe-core runs");
    let path = browser.path().await;
    assert!(
        found["passes"].as_array().is_some_and(|passes| passes.len() > 10),
        "axe-core looked at little: {found}"
    );
    for kind in ["violations", "incomplete"] {
        let rules: Vec<_> =
            found[kind].as_array().expect("a list of rules").iter().map(violation_text).collect();
        assert!(rules.is_empty(), "{path}, {:?}, {kind}: {rules:#?}", browser.look);
    }
}

fn violation_text(rule: &Value) -> String {
    let nodes = rule["nodes"].as_array().expect("a list of elements").iter();
    let nodes: Vec<_> =
        nodes.map(|node| format!("{}: {}", node["html"], node["failureSummary"])).collect();
    format!("{} ({}): {}", rule["id"], rule["help"], nodes.join("; "))
}
