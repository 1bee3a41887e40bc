//! Suites that select tests by name. A filter that matches no test runs nothing, and succeeds.

use std::fs;

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
