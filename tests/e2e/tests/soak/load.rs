//! The customers.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use e2e::{ClientRecord, Deployment, OrderRequest};
use fastrand::Rng;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

/// Orders to be placed, and the record of the responses.
#[derive(Debug)]
pub(crate) struct Load {
    order_requests: Vec<OrderRequest>,
    until: Instant,
    client_record: RefCell<ClientRecord>,
    answered: Cell<u32>,
    over: Cell<bool>,
}

impl Load {
    /// Up to `orders` orders, drawn from a seed, until a deadline.
    pub(crate) fn new(seed: u64, orders: u32, until: Instant) -> Self {
        let mut random = Rng::with_seed(seed);
        let order_requests = (0..orders).map(|_| order_request(&mut random)).collect();
        Self {
            order_requests,
            until,
            client_record: RefCell::default(),
            answered: Cell::new(0),
            over: Cell::new(false),
        }
    }

    /// Runs the customers, `at_once` at a time.
    pub(crate) async fn run(&self, shop: &Deployment, at_once: usize) {
        let style = ProgressStyle::with_template(
            "{bar:40} {pos}/{len} orders, {elapsed} (about {eta} more)",
        );
        let progress = ProgressBar::new(self.order_requests.len() as u64)
            .with_style(style.expect("a progress template"));
        let order_requests =
            self.order_requests.iter().cloned().take_while(|_| Instant::now() < self.until);
        let mut sales = stream::iter(order_requests)
            .map(|order_request| shop.buy(order_request))
            .buffer_unordered(at_once);
        while let Some(purchase) = sales.next().await {
            self.client_record.borrow_mut().record(purchase);
            self.answered.set(self.answered.get() + 1);
            progress.inc(1);
        }
        progress.finish_and_clear();
        self.over.set(true);
    }

    /// How many customers have finished.
    pub(crate) fn answered(&self) -> u32 {
        self.answered.get()
    }

    /// Whether all customers have finished.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// A random accepted order, if there is one yet.
    pub(crate) fn any_accepted(&self, random: &mut Rng) -> Option<(String, OrderRequest)> {
        let accepted = &self.client_record.borrow().accepted;
        let (id, order_request) = accepted.iter().nth(random.usize(0..accepted.len().max(1)))?;
        Some((id.clone(), order_request.clone()))
    }

    pub(crate) fn into_client_record(self) -> ClientRecord {
        self.client_record.into_inner()
    }
}

/// A random order: half of them are near the threshold; most customers retry after an unclear
/// response.
fn order_request(random: &mut Rng) -> OrderRequest {
    let cents = if random.bool() { random.u64(7_900..8_100) } else { random.u64(1..100_000) };
    let id = Uuid::from_u128(random.u128(..));
    OrderRequest {
        customer: format!("Ada {id}"),
        cents,
        by_form: random.u8(0..4) == 0,
        patient: random.u8(0..4) > 0,
    }
}
