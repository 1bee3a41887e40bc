//! The shop, as its customers use it.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Deployment, eventually};

/// An HTTP response of the shop.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.body))
    }

    /// Whether a client should send the request again.
    fn is_transient(&self) -> bool {
        const TRANSIENT: [StatusCode; 3] =
            [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
        TRANSIENT.contains(&self.status)
    }

    /// A header's value, or an empty text.
    #[must_use]
    pub fn header(&self, name: impl reqwest::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// An accepted order.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its id.
    pub id: String,
    /// The response that accepted it.
    pub answer: Answer,
}

/// The time limit for fulfilment, even under load.
const SOON: Duration = Duration::from_secs(60);

impl Deployment {
    /// Sends any request to the shop.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request =
            self.http.request(method, format!("{}{path}", self.output("ShopUrl"))).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the shop answers");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("the answer has a body") }
    }

    /// Sends a GET with this `Accept` header, and repeats it after a transient error.
    pub async fn get(&self, path: &str, accept: &str) -> Answer {
        let accept = [(ACCEPT.as_str(), accept)];
        repeated(async || self.request(Method::GET, path, &accept, "").await).await
    }

    /// Sends `POST /orders` with a body of this content type.
    pub async fn post_order(&self, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.request(Method::POST, "/orders", &[(CONTENT_TYPE.as_str(), content_type)], body).await
    }

    /// Sends `POST /orders` with a JSON body and an idempotency key.
    pub async fn post_with_key(&self, key: &str, body: &str) -> Answer {
        let headers = [(CONTENT_TYPE.as_str(), "application/json"), ("idempotency-key", key)];
        self.request(Method::POST, "/orders", &headers, body.to_owned()).await
    }

    /// Places an order as a careful client does: with an idempotency key, repeated after a transient
    /// error.
    pub async fn place(&self, customer: &str, amount: &str) -> Placed {
        self.placed(&json!({ "customer": customer, "amount": amount })).await
    }

    /// Places an order that spends a coupon.
    pub async fn place_with_coupon(&self, customer: &str, amount: &str, code: &str) -> Placed {
        self.placed(&json!({ "customer": customer, "amount": amount, "coupon": code })).await
    }

    async fn placed(&self, order: &Value) -> Placed {
        let answer = self.answered(order, &Uuid::new_v4().to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        Placed { id: id_of(&answer), answer }
    }

    /// Posts an order with an idempotency key, repeats it after a transient error, and returns the
    /// response.
    pub async fn answered(&self, order: &Value, key: &str) -> Answer {
        repeated(async || self.post_with_key(key, &order.to_string()).await).await
    }

    /// The code of the coupon that an order earned, if it comes within a few seconds.
    pub async fn coupon_soon(&self, id: &str) -> Option<String> {
        let url = format!("{}/orders/{id}", self.output("ShopUrl"));
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let get = self.http.get(&url).header(ACCEPT, "application/json");
            let Ok(answer) = get.timeout(Duration::from_secs(5)).send().await else { continue };
            let order = answer.json::<Value>().await.unwrap_or_default();
            if let Some(code) = order["coupon"]["code"].as_str() {
                return Some(code.to_owned());
            }
        }
        None
    }

    /// Earns a coupon with an order, and returns its code.
    pub async fn earned_coupon(&self) -> String {
        let placed = self.place("Ada", "80.00").await;
        let order = self.with_coupon(&placed.id).await;
        order["coupon"]["code"].as_str().expect("a code").to_owned()
    }

    /// Places an order as a browser does, and repeats the request after a transient error.
    pub async fn place_by_form(&self, customer: &str, amount: &str) -> Placed {
        let key = Uuid::new_v4().to_string();
        let fields = [("customer", customer), ("amount", amount), ("idempotency_key", &*key)];
        let fields = reqwest::Url::parse_with_params("http://form", fields);
        let body = fields.expect("fields can be encoded").query().unwrap_or_default().to_owned();
        let form = "application/x-www-form-urlencoded";
        let answer = repeated(async || self.post_order(form, body.clone()).await).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        Placed { id: id_of(&answer), answer }
    }

    /// An order as JSON.
    pub async fn order(&self, id: &str) -> Value {
        let answer = self.get(&format!("/orders/{id}"), "application/json").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    /// Waits until an order is invoiced, and returns the invoice's page.
    pub async fn invoiced(&self, id: &str) -> String {
        eventually(&format!("order {id} is invoiced"), SOON, async || {
            let answer = self.get(&format!("/orders/{id}/invoice"), "text/html").await;
            (answer.status != StatusCode::NOT_FOUND).then(|| {
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
                answer.body
            })
        })
        .await
    }

    /// Waits until an order is fulfilled, and returns it.
    pub async fn fulfilled(&self, id: &str) -> Value {
        eventually(&format!("order {id} is fulfilled"), SOON, async || {
            Some(self.order(id).await).filter(|order| order["status"] == "fulfilled")
        })
        .await
    }

    /// Waits until an order has its coupon, and returns the order.
    pub async fn with_coupon(&self, id: &str) -> Value {
        eventually(&format!("order {id} has a coupon"), SOON, async || {
            Some(self.order(id).await).filter(|order| !order["coupon"].is_null())
        })
        .await
    }
}

/// Sends a request, and repeats it while the answer is a transient error.
pub async fn repeated(request: impl AsyncFn() -> Answer) -> Answer {
    eventually("the shop answers without a transient error", SOON, async || {
        Some(request().await).filter(|answer| !answer.is_transient())
    })
    .await
}

fn id_of(answer: &Answer) -> String {
    answer
        .header(LOCATION)
        .strip_prefix("/orders/")
        .expect("Location is the order's address")
        .to_owned()
}
