//! Accessibility of the pages, checked by axe-core.

use std::fs;

use serde_json::Value;

use crate::browser::Browser;

/// Stops the page's live updates: axe-core cannot decide about a heading that is replaced meanwhile.
const FREEZE: &str = "Element.prototype.replaceChildren = () => {};";

/// Runs all its rules: WCAG A and AA, and best practices. A check that axe-core cannot decide fails
/// as well.
const RUN: &str = "const done = arguments[arguments.length - 1]; axe.run().then(done, (error) => done(String(error)));";

/// Asserts that the current page has no violation. The page is not updated any more.
pub(crate) async fn is_accessible(browser: &Browser) {
    // Checked first, as axe-core itself causes browser warnings.
    browser.assert_accessible().await;
    let file = std::env::var("E2E_AXE").expect("E2E_AXE names axe-core's file");
    browser.run(&fs::read_to_string(file).expect("axe-core can be read")).await;
    browser.run(FREEZE).await;
    let found = browser.client.execute_async(RUN, vec![]).await.expect("axe-core runs");
    let path = browser.path().await;
    assert!(
        found["passes"].as_array().is_some_and(|passes| passes.len() > 10),
        "axe-core checked little: {found}"
    );
    for kind in ["violations", "incomplete"] {
        let rules = found[kind].as_array().expect("a list of rules").iter();
        let rules: Vec<_> = rules.filter(|rule| !is_contrast_in_a_picture(rule)).collect();
        let rules: Vec<_> = rules.into_iter().map(violation_text).collect();
        assert!(rules.is_empty(), "{path}, {:?}, {kind}: {rules:#?}", browser.setup);
    }
}

/// axe-core cannot determine the background of a text in an SVG picture. The pictures' texts have the
/// colours of texts on the page, on the same backgrounds.
fn is_contrast_in_a_picture(rule: &Value) -> bool {
    let mut nodes = rule["nodes"].as_array().expect("a list of elements").iter();
    let is_undetermined = |node: &Value| {
        let summary = node["failureSummary"].as_str().unwrap_or_default();
        summary.contains("background color could not be determined")
    };
    rule["id"] == "color-contrast"
        && nodes.all(|node| {
            node["html"].as_str().is_some_and(|html| html.starts_with("<text "))
                && is_undetermined(node)
        })
}

fn violation_text(rule: &Value) -> String {
    let nodes = rule["nodes"].as_array().expect("a list of elements").iter();
    let nodes: Vec<_> =
        nodes.map(|node| format!("{}: {}", node["html"], node["failureSummary"])).collect();
    format!("{} ({}): {}", rule["id"], rule["help"], nodes.join("; "))
}
