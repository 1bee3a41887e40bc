//! docs/reference/timeouts.md has the call policies of the code, and those of a request fit the
//! shortest function timeout.

use std::collections::BTreeMap;
use std::fs;

/// The policies: where each is written, its name there, and its call in the table.
const POLICIES: [(&str, &str, &str); 8] = [
    ("crates/store/src/orders.rs", "LOOK_UP", "find a coupon"),
    ("crates/store/src/orders.rs", "SAVE", "save"),
    ("crates/topic/src/orders_topic.rs", "PUBLISH", "publish"),
    ("crates/store/src/orders.rs", "CLEAR", "clear the pending flag"),
    ("crates/store/src/orders.rs", "READ", "read an order"),
    ("crates/store/src/effect_table.rs", "INSERT", "insert"),
    ("crates/store/src/outbox.rs", "ONCE", "find, publish, clear"),
    ("crates/topic/src/republish.rs", "ONCE", "find, publish, clear"),
];

fn read(path: &str) -> String {
    fs::read_to_string(devstack::root().join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The time in which an invocation ends, after its work.
fn margin() -> u64 {
    let text = read("crates/lambda-startup/src/deadline.rs");
    let (_, value) =
        text.split_once("const MARGIN: Duration = Duration::from_millis(").expect("it");
    value.split(')').next().expect("an end").parse().expect("milliseconds")
}

/// The figures of a policy in the code: attempts, and milliseconds of one and of all of them.
fn in_code(path: &str, name: &str) -> [u64; 3] {
    let text = read(path);
    let (_, policy) = text.split_once(&format!("const {name}: CallPolicy = ")).expect(name);
    let policy = policy.split("};").next().expect("an end");
    ["max_attempts", "attempt_timeout", "total_timeout"].map(|field| {
        let (_, value) = policy.split_once(&format!("{field}: ")).expect(field);
        let value = value.split(",\n").next().expect("an end");
        let number = value.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let number: u64 = number.trim_end_matches(')').parse().expect("a number");
        if value.contains("from_secs") { 1_000 * number } else { number }
    })
}

/// The same figures in the page, by call.
fn in_page() -> BTreeMap<String, [u64; 3]> {
    let milliseconds = |cell: &str| match cell.split_once(' ').expect("a number and a unit") {
        (number, "ms") => number.parse().expect("a number"),
        (number, _seconds) => 1_000 * number.parse::<u64>().expect("a number"),
    };
    let page = read("docs/reference/timeouts.md");
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let call = cells[1].split(" (").next().expect("a call").to_owned();
        let attempts = cells[2].parse().expect("a number");
        (call, [attempts, milliseconds(cells[3]), milliseconds(cells[4])])
    })
    .collect()
}

#[test]
fn timeouts_page_matches_the_call_policies() {
    let page = in_page();
    for (path, name, call) in POLICIES {
        assert_eq!(page.get(call), Some(&in_code(path, name)), "{call}: {name} in {path}");
    }
}

#[test]
fn calls_of_a_request_fit_the_shortest_function_timeout() {
    let samconfig = read("samconfig.toml");
    let timeouts = samconfig.split("FunctionTimeout=").skip(1);
    let timeouts = timeouts.filter_map(|rest| rest.split([' ', '"']).next()?.parse::<u64>().ok());
    let shortest = 1_000 * timeouts.min().expect("the local environment has a short timeout");
    let total = |name: &str| {
        let (path, name, _) = POLICIES.iter().find(|(_, policy, _)| *policy == name).expect(name);
        in_code(path, name)[2]
    };
    let post: u64 = ["LOOK_UP", "SAVE", "PUBLISH", "CLEAR"].map(total).iter().sum();
    let needed = post + margin();
    assert!(needed <= shortest, "a POST takes up to {needed} ms of {shortest} ms");
}
