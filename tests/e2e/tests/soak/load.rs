//! The customers.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use e2e::{ClientRecord, Deployment, OrderRequest};
use fastrand::Rng;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

/// From this amount on an order earns a coupon, in cents.
const EARNS_FROM: u64 = 8_000;
/// The coupon of one such order in this many is spent.
const SPENDS_EVERY: u64 = 10;
/// What the customers who race for a coupon order, in cents. It earns no coupon.
const RACE_CENTS: u64 = 5_000;

/// Orders to be placed, and the record of the responses.
#[derive(Debug)]
pub(crate) struct Load {
    /// By customer. A customer waits for each answer before the next order.
    customers: Vec<Vec<OrderRequest>>,
    until: Instant,
    client_record: RefCell<ClientRecord>,
    answered: Cell<u32>,
    over: Cell<bool>,
}

impl Load {
    /// Up to `orders` orders, drawn from a seed, until a deadline. Each customer places up to
    /// `orders_each` of them.
    pub(crate) fn new(seed: u64, orders: u32, orders_each: usize, until: Instant) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut order_requests: Vec<_> = (0..orders).map(|_| order_request(&mut random)).collect();
        for of_customer in order_requests.chunks_mut(orders_each) {
            let customer = of_customer[0].customer.clone();
            for request in of_customer {
                request.customer.clone_from(&customer);
            }
        }
        Self {
            customers: order_requests.chunks(orders_each).map(<[_]>::to_vec).collect(),
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
        let orders = self.customers.iter().map(|requests| requests.len() as u64).sum();
        let progress = ProgressBar::new(orders).with_style(style.expect("a progress template"));
        let buy = |requests: &'_ Vec<OrderRequest>| {
            let requests = requests.clone();
            let progress = &progress;
            async move {
                for request in requests {
                    if Instant::now() >= self.until {
                        break;
                    }
                    let spends = request.cents >= EARNS_FROM && request.cents % SPENDS_EVERY == 0;
                    let purchase = shop.buy(request).await;
                    let earned = purchase.accepted().filter(|_| spends).map(str::to_owned);
                    self.client_record.borrow_mut().record(purchase);
                    if let Some(id) = earned {
                        self.race_for_its_coupon(shop, &id).await;
                    }
                    self.answered.set(self.answered.get() + 1);
                    progress.inc(1);
                }
            }
        };
        stream::iter(&self.customers).map(buy).buffer_unordered(at_once).collect::<()>().await;
        progress.finish_and_clear();
        self.over.set(true);
    }

    /// Two customers spend the coupon that an order earned, at the same time.
    async fn race_for_its_coupon(&self, shop: &Deployment, id: &str) {
        // Under faults it may come too late, or never before a redrive.
        let Some(code) = shop.coupon_soon(id).await else { return };
        let racer = |patient| OrderRequest {
            customer: format!("Racer {}", Uuid::new_v4()),
            cents: RACE_CENTS,
            by_form: false,
            patient,
            coupon: Some(code.clone()),
        };
        let (one, other) = tokio::join!(shop.buy(racer(true)), shop.buy(racer(false)));
        let mut record = self.client_record.borrow_mut();
        record.record(one);
        record.record(other);
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
        coupon: None,
    }
}
