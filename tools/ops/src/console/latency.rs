//! How long orders took from the request to the shipment, as numbers and as a chart.

use jiff::{SignedDuration, Timestamp};

/// The distribution over all recent orders, and over those of each minute.
#[derive(Debug, PartialEq)]
pub(super) struct Latency {
    pub(super) orders: usize,
    pub(super) all: Percentiles,
    /// The top of the chart.
    pub(super) scale: SignedDuration,
    pub(super) columns: Vec<Column>,
}

/// Percentiles by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Percentiles {
    pub(super) p50: SignedDuration,
    pub(super) p95: SignedDuration,
    pub(super) p99: SignedDuration,
}

/// A minute in the chart. Lengths are in its units, downwards.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    pub(super) x: i64,
    pub(super) p50: i64,
    pub(super) p95: i64,
    pub(super) p99: i64,
}

/// The chart's minutes, and the size of its picture.
const MINUTES: i64 = 15;
pub(super) const WIDTH: i64 = 360;
pub(super) const HEIGHT: i64 = 80;
/// The shortest scale: below it, differences are noise.
const SMALLEST: SignedDuration = SignedDuration::from_millis(100);

impl Latency {
    /// `None` without an order.
    pub(super) fn of(
        orders: impl Iterator<Item = (Timestamp, SignedDuration)>,
        now: Timestamp,
    ) -> Option<Self> {
        let orders: Vec<_> = orders.collect();
        let minutes_ago = |placed: Timestamp| now.duration_since(placed).as_mins();
        let all = Percentiles::of(orders.iter().map(|(_, took)| *took).collect())?;
        let by_minute: Vec<_> = (0..MINUTES)
            .filter_map(|ago| {
                let of_minute = orders.iter().filter(|(placed, _)| minutes_ago(*placed) == ago);
                Some((ago, Percentiles::of(of_minute.map(|(_, took)| *took).collect())?))
            })
            .collect();
        let highest = by_minute.iter().map(|(_, minute)| minute.p99).max();
        let scale = highest.unwrap_or_default().max(SMALLEST);
        let y = |took: SignedDuration| {
            let share = took.as_millis().max(0) * i128::from(HEIGHT) / scale.as_millis();
            HEIGHT - i64::try_from(share).unwrap_or(HEIGHT)
        };
        let column = |(ago, minute): &(i64, Percentiles)| Column {
            x: WIDTH - (2 * ago + 1) * WIDTH / (2 * MINUTES),
            p50: y(minute.p50),
            p95: y(minute.p95),
            p99: y(minute.p99),
        };
        Some(Self {
            orders: orders.len(),
            all,
            scale,
            columns: by_minute.iter().map(column).collect(),
        })
    }
}

impl Percentiles {
    fn of(mut times: Vec<SignedDuration>) -> Option<Self> {
        times.sort_unstable();
        let last = times.len().checked_sub(1)?;
        let percentile =
            |percent: usize| times[(percent * times.len()).div_ceil(100).min(last + 1) - 1];
        Some(Self { p50: percentile(50), p95: percentile(95), p99: percentile(99) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn milliseconds(milliseconds: i64) -> SignedDuration {
        SignedDuration::from_millis(milliseconds)
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let hundred = Percentiles::of((1..=100).rev().map(milliseconds).collect()).unwrap();
        let expected =
            Percentiles { p50: milliseconds(50), p95: milliseconds(95), p99: milliseconds(99) };
        assert_eq!(hundred, expected);
        let one = Percentiles::of(vec![milliseconds(7)]).unwrap();
        assert_eq!((one.p50, one.p99), (milliseconds(7), milliseconds(7)));
        assert_eq!(Percentiles::of(vec![]), None);
    }

    #[test]
    fn chart_has_a_column_for_each_minute_with_orders() {
        let now = Timestamp::from_second(10_000).unwrap();
        let order =
            |ago: i64, took: i64| (now - SignedDuration::from_secs(ago), milliseconds(took));
        let latency =
            Latency::of([order(5, 1_000), order(70, 500), order(80, 500)].into_iter(), now)
                .unwrap();
        assert_eq!((latency.orders, latency.scale), (3, milliseconds(1_000)));
        let columns: Vec<_> = latency.columns.iter().map(|c| (c.x, c.p50, c.p99)).collect();
        assert_eq!(columns, [(348, 0, 0), (324, 40, 40)]);
    }

    proptest! {
        #[test]
        fn chart_stays_within_its_picture(
            orders in prop::collection::vec((-100..2_000_i64, -5_000..900_000_i64), 1..50)
        ) {
            let now = Timestamp::from_second(10_000).unwrap();
            let orders = orders.into_iter().map(|(ago, took)| (now - SignedDuration::from_secs(ago), milliseconds(took)));
            let latency = Latency::of(orders, now).unwrap();
            for Column { x, p50, p95, p99 } in latency.columns {
                prop_assert!((0..=WIDTH).contains(&x));
                prop_assert!(0 <= p99 && p99 <= p95 && p95 <= p50 && p50 <= HEIGHT);
            }
        }
    }
}
