//! A line for people: the function's name, then the event as `tracing-subscriber` writes it.

use std::fmt::Result;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub(crate) struct Terminal {
    function: String,
    event: Format<Full, ()>,
}

impl Terminal {
    pub(crate) fn of(function: String) -> Self {
        Self { function, event: Format::default().without_time().with_target(false) }
    }
}

impl<S, N> FormatEvent<S, N> for Terminal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> Result {
        write!(writer, "{:<11}", self.function)?;
        self.event.format_event(context, writer, event)
    }
}
