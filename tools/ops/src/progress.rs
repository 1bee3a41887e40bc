//! A bar for long work, on standard error, and only on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const REDRAW: Duration = Duration::from_millis(100);

/// A bar for work of known size.
pub(crate) fn bar(what: &str, size: u64) -> ProgressBar {
    styled(
        ProgressBar::new(size),
        what,
        "{prefix} {wide_bar} {human_pos} of {human_len}, {eta} left",
    )
}

/// A spinner for work of unknown size.
pub(crate) fn spinner(what: &str) -> ProgressBar {
    styled(
        ProgressBar::new_spinner(),
        what,
        "{spinner} {prefix}: {human_pos} in {elapsed}, {per_sec}",
    )
}

fn styled(bar: ProgressBar, what: &str, template: &str) -> ProgressBar {
    bar.set_style(ProgressStyle::with_template(template).expect("the template is well-formed"));
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(REDRAW);
    bar
}
