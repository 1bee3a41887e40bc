//! Accessibility of the pages, checked by axe-core.

use std::fs;

use serde_json::Value;

use crate::browser::Browser;

/// Runs all its rules: WCAG A and AA, and best practices. A check that axe-core cannot decide fails
/// as well.
const RUN: &str = "const done = arguments[arguments.length - 1]; axe.run().then(done, (error) => done(String(error)));";

/// Asserts that the current page has no violation.
pub(crate) async fn is_accessible(browser: &Browser) {
    // Checked first, as axe-core itself causes browser warnings.
    browser.assert_accessible().await;
    let file = std::env::var("E2E_AXE").expect("E2E_AXE names axe-core's file");
    browser.run(&fs::read_to_string(file).expect("axe-core can be read")).await;
    let found = browser.client.execute_async(RUN, vec![]).await.expect("axe-core runs");
    let path = browser.path().await;
    assert!(
        found["passes"].as_array().is_some_and(|passes| passes.len() > 10),
        "axe-core checked little: {found}"
    );
    for kind in ["violations", "incomplete"] {
        let rules: Vec<_> =
            found[kind].as_array().expect("a list of rules").iter().map(violation_text).collect();
        assert!(rules.is_empty(), "{path}, {:?}, {kind}: {rules:#?}", browser.setup);
    }
}

fn violation_text(rule: &Value) -> String {
    let nodes = rule["nodes"].as_array().expect("a list of elements").iter();
    let nodes: Vec<_> =
        nodes.map(|node| format!("{}: {}", node["html"], node["failureSummary"])).collect();
    format!("{} ({}): {}", rule["id"], rule["help"], nodes.join("; "))
}
