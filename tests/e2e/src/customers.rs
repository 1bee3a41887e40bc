//! Customers who buy while things break, and the ledger they keep of what the shop told them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::Deployment;

/// What one customer, who buys once, wants to buy.
#[derive(Clone, Debug)]
pub struct Wish {
    /// A name that nobody else has.
    pub customer: String,
    /// For how much, in cents.
    pub cents: u64,
    /// In a browser, rather than by JSON.
    pub by_form: bool,
    /// Whether an unclear answer is followed by the same request again, until the answer is clear.
    pub patient: bool,
}

/// Every answer that the customers got. It lies outside the system, and says what must be in it.
#[derive(Debug, Default)]
pub struct Ledger {
    /// What was accepted, by the order's id.
    pub accepted: BTreeMap<String, Wish>,
    /// What nobody knows of: the answer was an error or did not come, and the customer left it at that.
    pub unclear: Vec<Wish>,
    /// How many answers were unclear, those included that became clear when the customer asked again.
    pub unclear_answers: u64,
    /// What should not have been: a good order refused, one id given twice, a patient customer left without an answer.
    pub wrong: Vec<String>,
}

/// What became of a wish.
#[derive(Debug)]
pub struct Bought {
    wish: Wish,
    outcome: Outcome,
    unclear_answers: u64,
}

#[derive(Debug)]
enum Outcome {
    Accepted(String),
    Unclear,
    Refused(String),
}

const PATIENCE: Duration = Duration::from_secs(180);
/// How long a customer waits before asking again: twice as long each time, up to the longest.
const ASK_AGAIN: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

impl Wish {
    /// As a decimal text.
    #[must_use]
    pub fn amount(&self) -> String {
        format!("{}.{:02}", self.cents / 100, self.cents % 100)
    }
}

impl Deployment {
    /// Sends a customer to the shop.
    pub async fn buy(&self, wish: Wish) -> Bought {
        let (key, start) = (Uuid::new_v4().to_string(), Instant::now());
        let (mut unclear_answers, mut wait) = (0, ASK_AGAIN);
        loop {
            let outcome = self.ask(&wish, &key).await;
            if matches!(outcome, Outcome::Unclear) {
                unclear_answers += 1;
                if wish.patient && start.elapsed() < PATIENCE {
                    tokio::time::sleep(wait).await;
                    wait = LONGEST_WAIT.min(2 * wait);
                    continue;
                }
            }
            return Bought { wish, outcome, unclear_answers };
        }
    }

    async fn ask(&self, wish: &Wish, key: &str) -> Outcome {
        let post = self.http.post(format!("{}/orders", self.output("ShopUrl"))).timeout(ANSWERED_WITHIN);
        let amount = wish.amount();
        let post = if wish.by_form {
            post.form(&[("customer", &*wish.customer), ("amount", &amount), ("idempotency_key", key)])
        } else {
            let body = json!({ "customer": wish.customer, "amount": amount }).to_string();
            post.header(CONTENT_TYPE, "application/json").header("idempotency-key", key).body(body)
        };
        match post.send().await {
            Ok(response) => judge(&response),
            Err(_) => Outcome::Unclear,
        }
    }
}

fn judge(response: &Response) -> Outcome {
    match response.status() {
        StatusCode::CREATED | StatusCode::SEE_OTHER => {
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            match location.and_then(|location| location.strip_prefix("/orders/")) {
                Some(id) => Outcome::Accepted(id.to_owned()),
                None => Outcome::Refused("accepted, and not said where".to_owned()),
            }
        }
        StatusCode::TOO_MANY_REQUESTS => Outcome::Unclear,
        status if status.is_server_error() => Outcome::Unclear,
        status => Outcome::Refused(status.to_string()),
    }
}

impl Ledger {
    /// Writes down what a customer was told.
    pub fn enter(&mut self, Bought { wish, outcome, unclear_answers }: Bought) {
        self.unclear_answers += unclear_answers;
        match outcome {
            Outcome::Accepted(id) => {
                if let Some(other) = self.accepted.insert(id.clone(), wish) {
                    self.wrong.push(format!("order {id} was given to {} and to another", other.customer));
                }
            }
            Outcome::Unclear if wish.patient => {
                self.wrong.push(format!("{} asked for minutes and got no clear answer", wish.customer));
            }
            Outcome::Unclear => self.unclear.push(wish),
            Outcome::Refused(why) => self.wrong.push(format!("{}, {} cents: {why}", wish.customer, wish.cents)),
        }
    }
}
