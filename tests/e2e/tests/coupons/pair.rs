//! Two customers with one coupon.

use e2e::{Answer, Deployment};
use serde_json::{Value, json};
use uuid::Uuid;

/// A race for a coupon, and what both were told.
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
    pub(crate) told: Told,
    /// What the very same request was told afterwards.
    pub(crate) told_again: Told,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
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
        match self.racers.each_ref().map(|racer| &racer.told) {
            [Told::Won(id), Told::Lost] | [Told::Lost, Told::Won(id)] => Some(id),
            _ => None,
        }
    }
}

/// A request that was answered.
struct Run {
    customer: String,
    told: Told,
}

impl Racer {
    /// The customer's name is the request's key as well.
    async fn run(shop: &Deployment, code: &str) -> Run {
        let customer = Uuid::new_v4().to_string();
        let told = ask(shop, &customer, code).await;
        Run { customer, told }
    }
}

impl Run {
    async fn again(self, shop: &Deployment, code: &str) -> Racer {
        let told_again = ask(shop, &self.customer, code).await;
        Racer { customer: self.customer, told: self.told, told_again }
    }
}

async fn ask(shop: &Deployment, customer: &str, code: &str) -> Told {
    let order = json!({ "customer": customer, "amount": "90.00", "coupon": code });
    told(&shop.answered(&order, customer).await)
}

fn told(answer: &Answer) -> Told {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    match answer.status.as_u16() {
        201 if body["total"] == "72.00" && body["discount"]["amount"] == "18.00" => {
            Told::Won(body["id"].as_str().unwrap_or_default().to_owned())
        }
        422 if body["errors"][0]["pointer"] == "/coupon" => Told::Lost,
        status => Told::Other(format!("{status}: {}", answer.body)),
    }
}
