//! Two customers with one coupon.

use e2e::{Answer, Deployment};
use serde_json::{Value, json};
use uuid::Uuid;

/// A race for a coupon, and what both were answer.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) code: String,
    pub(crate) racers: [Racer; 2],
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Racer {
    /// A name that nobody else has.
    pub(crate) customer: String,
    pub(crate) answer: RaceAnswer,
    /// What the very same request was answer afterwards.
    pub(crate) repeated_answer: RaceAnswer,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RaceAnswer {
    /// An order with the discount was accepted; with its id.
    Won(String),
    /// The coupon cannot be spent.
    Lost,
    /// Neither.
    Other(String),
}

impl Pair {
    /// Has two customers spend a coupon at the same instant, and both ask again.
    pub(crate) async fn race(shop: &Deployment, code: String) -> Self {
        let (one, other) = tokio::join!(Racer::run(shop, &code), Racer::run(shop, &code));
        let racers = [one.again(shop, &code).await, other.again(shop, &code).await];
        Self { code, racers }
    }

    /// The order that got the coupon, if one did.
    pub(crate) fn winner(&self) -> Option<&str> {
        match self.racers.each_ref().map(|racer| &racer.answer) {
            [RaceAnswer::Won(id), RaceAnswer::Lost] | [RaceAnswer::Lost, RaceAnswer::Won(id)] => {
                Some(id)
            }
            _ => None,
        }
    }
}

/// A request that was answered.
struct Run {
    customer: String,
    answer: RaceAnswer,
}

impl Racer {
    /// The customer's name is the request's key as well.
    async fn run(shop: &Deployment, code: &str) -> Run {
        let customer = Uuid::new_v4().to_string();
        let answer = ask(shop, &customer, code).await;
        Run { customer, answer }
    }
}

impl Run {
    async fn again(self, shop: &Deployment, code: &str) -> Racer {
        let repeated_answer = ask(shop, &self.customer, code).await;
        Racer { customer: self.customer, answer: self.answer, repeated_answer }
    }
}

async fn ask(shop: &Deployment, customer: &str, code: &str) -> RaceAnswer {
    let order = json!({ "customer": customer, "amount": "90.00", "coupon": code });
    race_answer(&shop.answered(&order, customer).await)
}

fn race_answer(answer: &Answer) -> RaceAnswer {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    match answer.status.as_u16() {
        201 if body["total"] == "72.00" && body["discount"]["amount"] == "18.00" => {
            RaceAnswer::Won(body["id"].as_str().unwrap_or_default().to_owned())
        }
        422 if body["errors"][0]["pointer"] == "/coupon" => RaceAnswer::Lost,
        status => RaceAnswer::Other(format!("{status}: {}", answer.body)),
    }
}
