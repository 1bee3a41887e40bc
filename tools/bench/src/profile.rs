//! Callgrind's profile format: instruction counts by function.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, ensure};

/// Exclusive instruction counts by function, without those of its callees.
pub(crate) type Costs = BTreeMap<String, u64>;

/// The instructions of a profile that were executed outside the object with this file name.
pub(crate) fn executed_outside(object: &str, profile: &str) -> Result<Costs> {
    let (mut objects, mut functions) = (HashMap::new(), HashMap::new());
    let (mut current_object, mut current) = ("", "");
    let (mut costs, mut inside, mut total) = (Costs::new(), 0, None);
    let mut lines = profile.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("ob=") {
            current_object = full_name(name, &mut objects);
        } else if let Some(name) = line.strip_prefix("cob=") {
            full_name(name, &mut objects);
        } else if let Some(name) = line.strip_prefix("fn=") {
            current = full_name(name, &mut functions);
        } else if let Some(name) = line.strip_prefix("cfn=") {
            full_name(name, &mut functions);
        } else if line.starts_with("calls=") {
            // The next line is the callee's inclusive cost, which is counted there.
            lines.next();
        } else if let Some(count) = line.strip_prefix("totals: ") {
            total = Some(count.trim().parse::<u64>()?);
        } else if let Some(count) = cost(line) {
            if current_object.ends_with(object) {
                inside += count;
            } else {
                *costs.entry(current.to_owned()).or_default() += count;
            }
        }
    }
    let total = total.context("callgrind's file has no totals: it was cut short")?;
    let found = inside + costs.values().sum::<u64>();
    ensure!(found == total, "callgrind's file adds up to {found} and not to {total}");
    Ok(costs)
}

/// The profile has each name in full once, as `(3) libc.so.6`, and later by its number.
fn full_name<'a>(name: &'a str, names: &mut HashMap<&'a str, &'a str>) -> &'a str {
    match name.split_once(' ') {
        Some((number, full)) => {
            names.insert(number, full);
            full
        }
        None => names.get(name).copied().unwrap_or(name),
    }
}

/// The cost on a line that begins with a position: an absolute number, or relative to the last one.
fn cost(line: &str) -> Option<u64> {
    let (place, count) = line.split_once(' ')?;
    let number = place.trim_start_matches(['+', '-', '*']);
    number
        .bytes()
        .all(|digit| digit.is_ascii_hexdigit() || digit == b'x')
        .then(|| count.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "\
version: 1
pid: 7
positions: line
events: Ir
summary: 160

ob=(1) /srv/bootstrap
fl=(1) ???
fn=(1) main
0 90
cob=(2) /usr/lib/libfaketime.so.1
cfn=(2) clock_gettime
calls=3 0
* 60
cob=(1)
cfn=(3) store::save
calls=1 0
* 10

ob=(2)
fn=(2)
12 40
+2 10
-1 8
* 2

ob=(1)
fn=(3)
7 10

totals: 160
";

    #[test]
    fn profile_excludes_an_object_and_counts_calls_once() {
        let costs = |costs: &[(&str, u64)]| {
            costs.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect()
        };
        let ours: Costs = costs(&[("main", 90), ("store::save", 10)]);
        assert_eq!(executed_outside("libfaketime.so.1", PROFILE).unwrap(), ours);
        let all: Costs = costs(&[("main", 90), ("store::save", 10), ("clock_gettime", 60)]);
        assert_eq!(executed_outside("libnothing.so", PROFILE).unwrap(), all);
    }

    #[test]
    fn inconsistent_profile_is_an_error() {
        executed_outside("libfaketime.so.1", &PROFILE.replace("+2 10", "+2 11")).unwrap_err();
        executed_outside("libfaketime.so.1", PROFILE.split("totals").next().unwrap()).unwrap_err();
    }
}
