//! The result of the races, from responses and tables.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::{Deployment, Row};

use crate::pair::{Pair, RaceAnswer};

/// The comparison of responses and tables.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pairs: usize,
    winners: usize,
    losers: usize,
    one_winner: usize,
    spent_on_winner: usize,
    repeated_the_same: usize,
    /// Violations.
    pub(crate) wrong: Vec<String>,
}

impl Report {
    pub(crate) async fn of(shop: &Deployment, pairs: &[Pair]) -> Self {
        let by =
            |name: &'static str| move |row: Row| row.get(name).cloned().map(|value| (value, row));
        let coupons: BTreeMap<_, _> =
            shop.rows("PromotionTable").await.into_iter().filter_map(by("code")).collect();
        let orders: BTreeMap<_, _> =
            shop.rows("OrdersTable").await.into_iter().filter_map(by("id")).collect();
        let mut report = Self { pairs: pairs.len(), ..Self::default() };
        for pair in pairs {
            report.record(pair, &coupons, &orders);
        }
        report
    }

    fn record(
        &mut self,
        pair: &Pair,
        coupons: &BTreeMap<String, Row>,
        orders: &BTreeMap<String, Row>,
    ) {
        let count = |is: fn(&RaceAnswer) -> bool| {
            pair.racers.iter().filter(|racer| is(&racer.answer)).count()
        };
        self.winners += count(|answer| matches!(answer, RaceAnswer::Won(_)));
        self.losers += count(|answer| *answer == RaceAnswer::Lost);
        if pair.racers.iter().all(|racer| racer.answer == racer.repeated_answer) {
            self.repeated_the_same += 1;
        } else {
            self.wrong.push(format!("the same request got another answer: {pair:?}"));
        }
        let Some(winner) = pair.winner() else {
            self.wrong.push(format!("not one winner and one loser: {pair:?}"));
            return;
        };
        self.one_winner += 1;
        let racing = |row: &&Row| {
            pair.racers.iter().any(|racer| row.get("customer") == Some(&racer.customer))
        };
        let saved: Vec<_> = orders.values().filter(racing).collect();
        let [order] = saved[..] else {
            self.wrong.push(format!("not one order in the table: {saved:?} of {pair:?}"));
            return;
        };
        let spent_by = coupons.get(&pair.code).and_then(|coupon| coupon.get("spent_by"));
        let discount = order.get("discount.code");
        if order["id"] == winner
            && spent_by.is_some_and(|id| id == winner)
            && discount == Some(&pair.code)
        {
            self.spent_on_winner += 1;
        } else {
            self.wrong.push(format!(
                "the coupon is spent by {spent_by:?}, the order is {order:?}: {pair:?}"
            ));
        }
    }

    /// The counts, with labels.
    pub(crate) fn rows(&self, contested: usize, time: Duration) -> Vec<(String, String)> {
        let counts = [
            ("Pairs of orders, each with a coupon that was earned", self.pairs.to_string()),
            ("Answered 201 with the discount", self.winners.to_string()),
            ("Refused: 422 at `/coupon`", self.losers.to_string()),
            ("**Pairs with exactly one winner**", format!("**{}**", self.one_winner)),
            (
                "Of these, one order in the table, the coupon spent on it",
                self.spent_on_winner.to_string(),
            ),
            ("Pairs that got the same answers again", self.repeated_the_same.to_string()),
            ("**Wrong**", format!("**{}**", self.wrong.len())),
            (
                "Pairs of which both orders had found the coupon good and tried to spend it",
                contested.to_string(),
            ),
        ];
        let counts = counts.map(|(what, count)| (what.to_owned(), count));
        counts.into_iter().chain([e2e::time_row(time)]).collect()
    }
}
