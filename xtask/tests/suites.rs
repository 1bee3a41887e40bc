//! Suites that select tests by name. A filter that matches no test runs nothing, and succeeds.

use std::fs;

/// The tests of the second backend's lists, as file and function.
fn names_in(source: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(devstack::root().join(source)).expect(source);
    let quoted = text.split('"').skip(1).step_by(2);
    let names = quoted.filter_map(|text| text.split_once("::"));
    let is_word = |text: &str| {
        text.chars()
            .all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit())
    };
    let names: Vec<_> = names.filter(|(suite, test)| is_word(suite) && is_word(test)).collect();
    assert!(names.len() >= 5, "{names:?}");
    names.into_iter().map(|(suite, test)| (suite.to_owned(), test.to_owned())).collect()
}

#[test]
fn tests_selected_by_name_exist() {
    let read = |path: &str| fs::read_to_string(devstack::root().join(path)).expect(path);
    let pipeline = read("tests/e2e/tests/pipeline/main.rs");
    for suite in ["fan_out", "samples"] {
        assert!(pipeline.contains(&format!("\nmod {suite};\n")), "{suite}");
        assert!(
            read(&format!("tests/e2e/tests/pipeline/{suite}.rs")).contains("#[tokio::test]"),
            "{suite}"
        );
    }
    assert!(
        read("tests/e2e/tests/pipeline/fan_out.rs")
            .contains("\nasync fn order_placed_as_json_is_fulfilled() {")
    );
    for (suite, test) in names_in("xtask/src/test/backends.rs") {
        let file = read(&format!("crates/store/tests/backend/{suite}.rs"));
        assert!(file.contains(&format!("\nasync fn {test}() {{")), "{suite}::{test}");
    }
    let chosen = [
        read("xtask/src/test/run_command.rs"),
        read("xtask/src/test/containers.rs"),
        read(".github/workflows/pipeline.yml"),
    ]
    .concat();
    for name in [
        "\"fan_out\"",
        "\"samples\"",
        "fan_out::order_placed_as_json_is_fulfilled",
        "pipeline fan_out",
    ] {
        assert!(chosen.contains(name), "{name} is chosen nowhere: take it from here as well");
    }
}
