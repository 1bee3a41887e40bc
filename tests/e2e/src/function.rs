//! A function of the stack, run on this machine: its release binary, run as Lambda runs it, with
//! the stack's tables.

use std::env;
use std::time::Duration;

use devstack::FaultProxy;
use lambda_sandbox::{Outcome, Refusal, Sandbox};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::deployment::ENDPOINT;
use crate::{Deployment, OrderEvent, bootstrap, post_event};

/// A started function. It is killed when this is dropped.
#[derive(Debug)]
pub struct Function {
    sandbox: Sandbox,
}

/// The timeout of the `local` environment, the shortest of all.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(2);

/// Starts a proxy in front of the emulator, which `AWS_ENDPOINT_URL` names.
pub async fn fault_proxy() -> FaultProxy {
    let endpoint =
        env::var(ENDPOINT).expect("the faults need an emulator: AWS_ENDPOINT_URL names it");
    FaultProxy::start(&endpoint).await.expect("a port is free")
}

impl Deployment {
    /// Starts a function that reaches AWS through a proxy.
    pub async fn start_behind(&self, function: &str, proxy: &FaultProxy) -> Function {
        self.start(function, &[(ENDPOINT, proxy.url())]).await
    }

    /// Starts a function with the stack's variables, some of them replaced.
    pub async fn start(&self, function: &str, replaced: &[(&str, &str)]) -> Function {
        let replaced =
            replaced.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Function::start(function, self.function_variables(function).into_iter().chain(replaced))
            .await
    }

    /// Places orders of $81.50 through a function that cannot reach the topic, and returns their
    /// ids.
    pub async fn place_unpublished(&self, orders: usize) -> Vec<String> {
        let topic = self.missing_topic();
        let mut function = self.start("orders", &[("ORDERS_TOPIC_ARN", &topic)]).await;
        let mut ids = vec![];
        for _ in 0..orders {
            let customer = format!("Ada {}", Uuid::new_v4());
            let order = json!({ "customer": customer, "amount": "81.50" }).to_string();
            let answer = function.invoke(&post_event("application/json", &order)).await;
            assert_eq!(answer["statusCode"], 201, "accepted is saved: {answer}");
            ids.push(order_id(&answer));
        }
        ids
    }
}

impl Function {
    /// Starts a function with only these variables.
    pub async fn start(
        function: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let sandbox = Sandbox::start(&bootstrap(function), variables, FUNCTION_TIMEOUT).await;
        Self {
            sandbox: sandbox.unwrap_or_else(|error| panic!("{function} does not start: {error:#}")),
        }
    }

    /// Sends an event, waits until the function has done all its work, and returns the response.
    /// Panics on an error or a timeout.
    pub async fn invoke(&mut self, event: &Value) -> Value {
        let outcome = self.outcome(event).await;
        response(&outcome)
    }

    /// Sends an event and returns the response as soon as it arrives. The function may still be
    /// working.
    pub async fn answer(&mut self, event: &Value) -> Value {
        let outcome = self.sandbox.invoke(event.to_string()).await;
        response(&outcome.unwrap_or_else(|error| self.fail(&error)))
    }

    /// Waits until the function asks for the next event.
    pub async fn idle(&mut self) {
        if let Err(error) = self.sandbox.idle().await {
            self.fail(&error);
        }
    }

    /// Whether the function is asking for the next event.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.sandbox.is_idle()
    }

    /// Sends an event whose response the Runtime API refuses, and waits until the function has ended
    /// or run out of its time.
    pub async fn invoke_refused(&mut self, event: &Value, refusal: Refusal) {
        self.sandbox.refuse_responses(refusal);
        let outcome = self.sandbox.invoke(event.to_string()).await;
        assert!(outcome.is_err(), "the response was not refused: {outcome:?}");
    }

    fn fail(&self, error: &anyhow::Error) -> ! {
        panic!("{error:#}\n{}", self.log().join("\n"))
    }

    /// Sends an event and returns the response or the error. Panics on a timeout.
    pub async fn outcome(&mut self, event: &Value) -> Outcome {
        self.outcome_of(&event.to_string()).await
    }

    /// Sends any text, and returns the response or the error.
    pub async fn outcome_of(&mut self, event: &str) -> Outcome {
        let outcome = self.sandbox.invoke(event.to_owned()).await;
        let outcome = outcome.unwrap_or_else(|error| self.fail(&error));
        self.idle().await;
        outcome
    }

    /// Ends the function, and returns all its output lines.
    pub async fn end(self) -> Vec<String> {
        self.sandbox.end().await.expect("a process can be ended")
    }

    /// Its output lines so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.sandbox.log()
    }
}

fn response(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Response(body) => serde_json::from_slice(body).expect("the answer is JSON"),
        Outcome::Error(error) => panic!("the function failed: {}", String::from_utf8_lossy(error)),
    }
}

/// The JSON body of a response of the orders function.
#[must_use]
pub fn json_body(response: &Value) -> Value {
    serde_json::from_str(response["body"].as_str().expect("a body")).expect("a JSON body")
}

/// The id of the order in a response of the orders function.
#[must_use]
pub fn order_id(response: &Value) -> String {
    json_body(response)["id"].as_str().expect("an id").to_owned()
}

/// An SQS batch of these events, with message ids `m0`, `m1` and so on.
#[must_use]
pub fn batch(events: &[OrderEvent]) -> Value {
    batch_of_bodies(events.iter().map(OrderEvent::body))
}

/// An SQS batch of messages with these bodies, with message ids `m0`, `m1` and so on.
#[must_use]
pub fn batch_of_bodies(bodies: impl IntoIterator<Item = String>) -> Value {
    let record = |(position, body): (usize, String)| json!({ "messageId": format!("m{position}"), "body": body });
    json!({ "Records": bodies.into_iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// The failed message ids of a partial batch response.
#[must_use]
pub fn failures(response: &Value) -> Vec<&str> {
    let failures = response["batchItemFailures"].as_array().expect("a partial batch response");
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().expect("an id")).collect()
}
