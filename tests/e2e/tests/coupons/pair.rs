//! Two customers who race for one coupon.

use e2e::{Answer, Deployment};
use serde_json::{Value, json};
use uuid::Uuid;

/// A race for a coupon, with both responses.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) code: String,
    pub(crate) racers: [Racer; 2],
}

/// One of the two customers.
#[derive(Debug)]
pub(crate) struct Racer {
    /// A unique name.
    pub(crate) customer: String,
    pub(crate) answer: RaceAnswer,
    /// The response to the same request, sent again afterwards.
    pub(crate) repeated_answer: RaceAnswer,
}

/// The outcome in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RaceAnswer {
    /// An order with the discount was accepted; its id.
    Won(String),
    /// The coupon was rejected.
    Lost,
    /// Any other response.
    Other(String),
}

impl Pair {
    /// Two customers spend a coupon at the same time, and then both repeat their requests.
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

/// A request with its response.
struct Run {
    customer: String,
    answer: RaceAnswer,
}

impl Racer {
    /// The customer's name is also the idempotency key.
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
