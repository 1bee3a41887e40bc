//! Customers who buy during faults, and their record of the shop's answers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Accepted, Deployment};

/// A customer's one order.
#[derive(Clone, Debug)]
pub struct OrderRequest {
    /// A unique name.
    pub customer: String,
    /// The amount, in cents.
    pub cents: u64,
    /// Whether to order by form, as a browser does, rather than by JSON.
    pub by_form: bool,
    /// Whether the customer repeats a request until its answer is clear.
    pub patient: bool,
    /// The code of the coupon to spend on it.
    pub coupon: Option<String>,
}

/// All answers that the customers got. It is kept outside the system, and defines what the system
/// must contain.
#[derive(Debug, Default)]
pub struct ClientRecord {
    /// The accepted orders, by id.
    pub accepted: BTreeMap<String, OrderRequest>,
    /// The same, in the order of the answers.
    pub in_order: Vec<Accepted>,
    /// Orders without a known outcome: the answer was an error or did not arrive, and the customer
    /// did not retry.
    pub unclear: Vec<OrderRequest>,
    /// How many answers were unclear, including those that a retry made clear.
    pub unclear_answers: u64,
    /// The codes of coupons that an order was refused for: another order has spent them.
    pub coupon_rejections: Vec<String>,
    /// Violations: a good order refused, an id given twice, a patient customer without an answer.
    pub wrong: Vec<String>,
}

/// The outcome of an order request.
#[derive(Debug)]
pub struct PurchaseResult {
    order_request: OrderRequest,
    outcome: Outcome,
    unclear_answers: u64,
}

#[derive(Debug)]
enum Outcome {
    Accepted(String),
    Unclear,
    /// Only the coupon is at fault.
    CouponRejected,
    Refused(String),
}

const PATIENCE: Duration = Duration::from_secs(180);
/// The first delay before a retry. It doubles each time, up to the longest.
const ASK_AGAIN: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

impl OrderRequest {
    /// The amount as a decimal text.
    #[must_use]
    pub fn amount(&self) -> String {
        format!("{}.{:02}", self.cents / 100, self.cents % 100)
    }
}

impl PurchaseResult {
    /// The accepted order's id.
    #[must_use]
    pub fn accepted(&self) -> Option<&str> {
        if let Outcome::Accepted(id) = &self.outcome { Some(id) } else { None }
    }
}

impl Deployment {
    /// Places a customer's order.
    pub async fn buy(&self, order_request: OrderRequest) -> PurchaseResult {
        let (key, start) = (Uuid::new_v4().to_string(), Instant::now());
        let (mut unclear_answers, mut wait) = (0, ASK_AGAIN);
        loop {
            let outcome = self.ask(&order_request, &key).await;
            if matches!(outcome, Outcome::Unclear) {
                unclear_answers += 1;
                if order_request.patient && start.elapsed() < PATIENCE {
                    tokio::time::sleep(wait).await;
                    wait = LONGEST_WAIT.min(2 * wait);
                    continue;
                }
            }
            return PurchaseResult { order_request, outcome, unclear_answers };
        }
    }

    async fn ask(&self, order_request: &OrderRequest, key: &str) -> Outcome {
        let post =
            self.http.post(format!("{}/orders", self.output("ShopUrl"))).timeout(ANSWERED_WITHIN);
        let amount = order_request.amount();
        let post = if order_request.by_form {
            post.form(&[
                ("customer", &*order_request.customer),
                ("amount", &amount),
                ("idempotency_key", key),
            ])
        } else {
            let OrderRequest { customer, coupon, .. } = order_request;
            let body = json!({ "customer": customer, "amount": amount, "coupon": coupon });
            let body = body.to_string();
            post.header(CONTENT_TYPE, "application/json").header("idempotency-key", key).body(body)
        };
        match post.send().await {
            Ok(response) if order_request.coupon.is_some() => judge_coupon(response).await,
            Ok(response) => judge(&response),
            Err(_) => Outcome::Unclear,
        }
    }
}

/// An order with a coupon may also be refused for the coupon.
async fn judge_coupon(response: Response) -> Outcome {
    let outcome = judge(&response);
    if response.status() != StatusCode::UNPROCESSABLE_ENTITY {
        return outcome;
    }
    let problem = response.json::<Value>().await.unwrap_or_default();
    let pointers = problem["errors"].as_array().into_iter().flatten();
    let pointers: Vec<_> = pointers.filter_map(|error| error["pointer"].as_str()).collect();
    if pointers == ["/coupon"] { Outcome::CouponRejected } else { outcome }
}

fn judge(response: &Response) -> Outcome {
    match response.status() {
        StatusCode::CREATED | StatusCode::SEE_OTHER => {
            let location =
                response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
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

impl ClientRecord {
    /// Records a customer's result.
    pub fn record(
        &mut self,
        PurchaseResult { order_request, outcome, unclear_answers }: PurchaseResult,
    ) {
        self.unclear_answers += unclear_answers;
        match outcome {
            Outcome::Accepted(id) => {
                let customer = order_request.customer.clone();
                self.in_order.push(Accepted { customer, id: id.clone() });
                if let Some(other) = self.accepted.insert(id.clone(), order_request) {
                    self.wrong
                        .push(format!("order {id} was given to {} and to another", other.customer));
                }
            }
            Outcome::CouponRejected => self.coupon_rejections.extend(order_request.coupon),
            Outcome::Unclear if order_request.patient => {
                self.wrong.push(format!(
                    "{} asked for minutes and got no clear answer",
                    order_request.customer
                ));
            }
            Outcome::Unclear => self.unclear.push(order_request),
            Outcome::Refused(why) => self
                .wrong
                .push(format!("{}, {} cents: {why}", order_request.customer, order_request.cents)),
        }
    }
}
