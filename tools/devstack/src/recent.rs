//! The most recent orders, and what the functions logged about each.

use std::collections::VecDeque;
use std::fmt;

use crate::functions;

/// The last few orders, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    orders: VecDeque<Order>,
}

#[derive(Clone, Debug)]
struct Order {
    id: String,
    /// Such as `fulfilment done`, without duplicates.
    events: Vec<String>,
}

const MOST: usize = 4;

impl Recent {
    /// Adds a line of the functions' terminal output. Lines that only report a read of an order are
    /// ignored.
    pub fn push(&mut self, line: &str) {
        let line = console::strip_ansi_codes(line);
        let Some((function, id, outcome)) = parse(&line).filter(|(.., outcome)| *outcome != VIEWED)
        else {
            return;
        };
        let known = self.orders.iter().position(|order| order.id == id);
        let mut order = known
            .and_then(|at| self.orders.remove(at))
            .unwrap_or_else(|| Order { id: id.to_owned(), events: vec![] });
        let event = format!("{function} {outcome}");
        if !order.events.contains(&event) {
            // It logs after it has published the order, so subscribers may log first.
            let place = if outcome.starts_with("placed") { 0 } else { order.events.len() };
            order.events.insert(place, event);
        }
        self.orders.push_back(order);
        if self.orders.len() > MOST {
            self.orders.pop_front();
        }
    }
}

const VIEWED: &str = "shown";

/// The function, the order id and the outcome in a line.
fn parse(line: &str) -> Option<(&'static str, &str, &str)> {
    let function = functions().iter().find(|function| line.starts_with(**function))?;
    let id = line.split_once("order_id=")?.1.split(' ').next()?;
    let outcome = line.split_once("outcome=\"")?.1.split_once('"')?.0;
    Some((function, id, outcome))
}

impl fmt::Display for Recent {
    /// One line for each order, without a final line break.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, Order { id, events }) in self.orders.iter().enumerate() {
            let end = if position + 1 < self.orders.len() { "\n" } else { "" };
            write!(formatter, "{id}  {}{end}", events.join(" → "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(function: &str, order: usize, outcome: &str) -> String {
        format!(
            "{function:<12} \u{1b}[32m INFO\u{1b}[0m record order_id={} outcome=\"{outcome}\"",
            id(order)
        )
    }

    fn id(order: usize) -> String {
        format!("00000000-0000-4000-8000-{order:012}")
    }

    fn after(lines: impl IntoIterator<Item = String>) -> String {
        let mut recent = Recent::default();
        lines.into_iter().for_each(|line| recent.push(&line));
        recent.to_string()
    }

    #[test]
    fn order_has_a_line_with_each_event_once() {
        let lines = [
            line("fulfilment", 1, "done"),
            line("orders", 1, "placed"),
            line("orders", 2, "placed"),
            line("orders", 1, VIEWED),
            line("promotion", 1, "done"),
            line("fulfilment", 1, "done"),
        ];
        let expected = format!(
            "{}  orders placed\n{}  orders placed → fulfilment done → promotion done",
            id(2),
            id(1)
        );
        assert_eq!(after(lines), expected);
    }

    #[test]
    fn only_recent_orders_are_kept() {
        let shown = after((0..9).map(|order| line("orders", order, "placed")));
        assert_eq!(shown.lines().count(), MOST);
        assert!(shown.ends_with(&format!("{}  orders placed", id(8))), "{shown}");
    }

    #[test]
    fn lines_without_an_order_are_ignored() {
        let others = [
            "orders INFO request route=\"form\"",
            "fulfilment order_id=",
            "order_id=x outcome=\"done\"",
            "",
        ];
        assert_eq!(after(others.map(str::to_owned)), "");
        assert_eq!(after([line("orders", 1, VIEWED), line("nobody", 1, "done")]), "");
    }
}
