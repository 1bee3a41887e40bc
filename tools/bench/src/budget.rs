//! The cost budget of each function, `tools/bench/budget.toml`. It has figures that hardly vary
//! between runs, and no times but as ratios to other times of the same run. CPU time is among them
//! because callgrind does not see how long an instruction takes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use devstack::root;

use crate::benchmark::{REFERENCE, RING, SHA2};
use crate::result::Measured;
use crate::statistics;

/// Figures by benchmark and by name.
pub(crate) type Figures = BTreeMap<String, BTreeMap<String, u64>>;

/// Where the budget is kept.
const FILE: &str = "tools/bench/budget.toml";
/// Deviations up to this are ignored.
const TOLERANCE_PERCENT: u64 = 5;
/// The same for ratios of times, which vary more. A quarter more must be noticed.
const RATIO_TOLERANCE_PERCENT: u64 = 20;
/// How the names of ratios end.
const PER_MILLE: &str = "_per_mille";

/// Reads the budget file.
pub(crate) fn kept() -> Result<Figures> {
    let text =
        fs::read_to_string(root().join(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
    toml::from_str(&text).with_context(|| format!("{FILE} is not understood"))
}

/// The figures of a run that have budgets.
///
/// `warm_cpu_per_mille` is the CPU time of a warm invocation over the reference's; of SHA-256, over
/// ring's, on a processor with SHA instructions only: without them both are slower, not alike.
/// `answer_per_mille` is the time until the answer over that until the next event, with services
/// that take their time.
pub(crate) fn figures(measured: &[Measured]) -> Result<Figures> {
    let warm_cpu = |name| {
        let cpu = measured.iter().find(|measured| measured.name == name)?.cpu?;
        Some(cpu.warm_us)
    };
    let not_counted = "the kernel counts no CPU time";
    let reference_us = warm_cpu(REFERENCE).context(not_counted)?;
    let (sha2_us, ring_us) = warm_cpu(SHA2).zip(warm_cpu(RING)).context(not_counted)?;
    let of = |measured: &Measured| {
        let warm_cpu = measured.cpu.map(|cpu| per_mille(cpu.warm_us, reference_us));
        let with_delays = measured.with_delays.first().map(|with_delays| with_delays.warm);
        let answer = with_delays.map(|warm| per_mille(warm.until_answer_us, warm.until_next_us));
        let instructions = measured.instructions;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "kibibytes")]
        let resident = measured.peak_resident_kib.map(|kib| kib as u64);
        let figures = [
            ("init_instructions", instructions.map(|count| count.init)),
            ("first_instructions", instructions.map(|count| count.first)),
            ("warm_instructions", instructions.map(|count| count.warm)),
            ("warm_cpu_per_mille", warm_cpu),
            ("answer_per_mille", answer),
            ("peak_resident_kib", resident),
            ("binary_bytes", measured.binary_bytes),
        ];
        let known =
            figures.into_iter().filter_map(|(name, figure)| Some((name.to_owned(), figure?)));
        (measured.name.clone(), known.collect())
    };
    let functions = measured.iter().filter(|measured| measured.function != "no-op");
    let sha2 = ("warm_cpu_per_mille".to_owned(), per_mille(sha2_us, ring_us));
    let sha2 = has_sha_instructions().then(|| (SHA2.to_owned(), [sha2].into()));
    Ok(functions.map(of).chain(sha2).collect())
}

#[cfg(target_arch = "x86_64")]
pub(crate) fn has_sha_instructions() -> bool {
    std::arch::is_x86_feature_detected!("sha")
}

#[cfg(target_arch = "aarch64")]
pub(crate) fn has_sha_instructions() -> bool {
    std::arch::is_aarch64_feature_detected!("sha2")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ratio of times")]
fn per_mille(of: f64, over: f64) -> u64 {
    (of / over * 1_000.0).round() as u64
}

/// Keeps the lower value of each figure.
pub(crate) fn keep_lower(figures: &mut Figures, others: Figures) {
    for (benchmark, others) in others {
        let figures = figures.entry(benchmark).or_default();
        for (name, other) in others {
            figures.entry(name).and_modify(|figure| *figure = other.min(*figure)).or_insert(other);
        }
    }
}

/// The result of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Figures over their budgets, and figures without one or budgets without a figure.
    pub(crate) over: Vec<String>,
    /// Figures so far below that the budget can be lowered.
    pub(crate) below: Vec<String>,
}

/// Compares all figures with their budgets.
pub(crate) fn compare(budget: &Figures, found: &Figures) -> Comparison {
    let mut comparison = Comparison::default();
    for (benchmark, figures) in found {
        for (name, figure) in figures {
            let allowed = budget.get(benchmark).and_then(|figures| figures.get(name)).copied();
            let line = format!("[\"{benchmark}\"] {name}: {}", grouped(*figure));
            let is_ratio = name.ends_with(PER_MILLE);
            let tolerance = if is_ratio { RATIO_TOLERANCE_PERCENT } else { TOLERANCE_PERCENT };
            match allowed {
                None => comparison.over.push(format!("{line}, and there is no budget for it")),
                Some(allowed) if figure * 100 > allowed * (100 + tolerance) => {
                    comparison.over.push(format!(
                        "{line}, {} over {}",
                        percent(*figure, allowed),
                        grouped(allowed)
                    ));
                }
                Some(allowed) if figure * 100 < allowed * (100 - tolerance) => {
                    comparison.below.push(format!(
                        "{line}, {} below {}",
                        percent(allowed, *figure),
                        grouped(allowed)
                    ));
                }
                Some(_) => {}
            }
        }
    }
    for (benchmark, figures) in budget {
        for name in figures
            .keys()
            .filter(|name| !found.get(benchmark).is_some_and(|found| found.contains_key(*name)))
        {
            comparison.over.push(format!(
                "[\"{benchmark}\"] {name}: there is a budget, and it was not measured"
            ));
        }
    }
    comparison
}

/// The advice for figures over their budgets.
pub(crate) const HOW_TO_RAISE: &str = "\
If what it buys is worth it, raise the line in tools/bench/budget.toml to the figure above, with the reason in a comment beside it;
`cargo xtask bench --check --suggest` prints the file as it would be.";

/// A budget file that matches these figures exactly.
pub(crate) fn suggestion(found: &Figures) -> Result<String> {
    let mut text = String::new();
    for (benchmark, figures) in found {
        writeln!(text, "\n[\"{benchmark}\"]")?;
        for (name, figure) in figures {
            writeln!(text, "{name} = {}", grouped(*figure))?;
        }
    }
    Ok(text)
}

#[expect(clippy::cast_precision_loss, reason = "a tenth of a percent is shown")]
fn percent(large: u64, small: u64) -> String {
    format!("{:.1} %", (large as f64 / small as f64 - 1.0) * 100.0)
}

/// The number as TOML allows it.
fn grouped(number: u64) -> String {
    statistics::grouped(&number.to_string(), "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warm(instructions: u64) -> Figures {
        toml::from_str(&format!("[\"orders: POST\"]\nwarm_instructions = {instructions}")).unwrap()
    }

    #[test]
    fn budget_is_exceeded_beyond_five_percent() {
        let budget = warm(1_000_000);
        assert_eq!(compare(&budget, &warm(1_050_000)), Comparison::default());
        let comparison = compare(&budget, &warm(1_100_000));
        assert_eq!(
            comparison.over,
            ["[\"orders: POST\"] warm_instructions: 1_100_000, 10.0 % over 1_000_000"]
        );
        assert!(comparison.below.is_empty());
    }

    #[test]
    fn ratio_of_times_is_exceeded_by_a_quarter_but_not_by_a_tenth() {
        let ratio = |per_mille: u64| {
            toml::from_str::<Figures>(&format!("[orders]\nwarm_cpu_per_mille = {per_mille}"))
                .unwrap()
        };
        assert_eq!(compare(&ratio(1_000), &ratio(1_100)), Comparison::default());
        assert_eq!(compare(&ratio(1_000), &ratio(1_250)).over.len(), 1);
    }

    #[test]
    fn budget_lowered_by_a_tenth_is_exceeded() {
        assert_eq!(compare(&warm(900_000), &warm(1_000_000)).over.len(), 1);
    }

    #[test]
    fn figure_below_budget_is_reported_not_failed() {
        let comparison = compare(&warm(1_000_000), &warm(900_000));
        assert_eq!((comparison.over.len(), comparison.below.len()), (0, 1));
        assert_eq!(compare(&warm(1_000_000), &warm(950_000)), Comparison::default());
    }

    #[test]
    fn lower_of_two_measurements_is_kept() {
        let mut found = warm(1_100_000);
        keep_lower(&mut found, warm(1_000_000));
        keep_lower(&mut found, warm(1_200_000));
        assert_eq!(found, warm(1_000_000));
    }

    #[test]
    fn unmatched_budgets_and_figures_are_failures() {
        assert_eq!(compare(&Figures::new(), &warm(1)).over.len(), 1);
        assert_eq!(compare(&warm(1), &Figures::new()).over.len(), 1);
    }

    #[test]
    fn suggested_budget_is_met() {
        let found = warm(1_234_567);
        let suggested = suggestion(&found).unwrap();
        assert!(suggested.contains("warm_instructions = 1_234_567"));
        assert_eq!(compare(&toml::from_str(&suggested).unwrap(), &found), Comparison::default());
    }

    #[test]
    fn committed_budget_parses() {
        assert!(kept().unwrap().contains_key("orders: POST"));
    }
}
