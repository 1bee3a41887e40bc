//! Disturbances beside the faults of calls: kills functions, restarts the emulator, and repeats
//! events.

use std::time::Duration;

use anyhow::Result;
use e2e::{Deployment, Effects, FaultStack, FifoIds, OrderEvent, OrderRequest, group_of};
use fastrand::Rng;

use crate::load::Load;

/// Creates disturbances, and counts them.
#[derive(Debug)]
pub(crate) struct Chaos {
    random: Rng,
    restart_every: u32,
    check_every: u32,
    killed: u32,
    restarted: u32,
    sent_again: u32,
    clock_stepped: u32,
}

const POLL_INTERVAL: Duration = Duration::from_millis(20);
const KILL_EVERY: u32 = 40;
const SEND_AGAIN_EVERY: u32 = 10;
const STEP_CLOCK_EVERY: u32 = 100;
/// The functions' clock is wrong by up to this many seconds: more than any call or function may take,
/// so that deadlines seem over and batches fail.
const MOST_SECONDS: i64 = 5;
/// How often the effects are read during a soak, to notice changes.
const CHECKS: u32 = 20;
/// How often the emulator is restarted in a soak.
const RESTARTS: u32 = 3;

impl Chaos {
    pub(crate) fn new(seed: u64, orders: u32) -> Self {
        let every = |times: u32| (orders / times).max(1);
        let (restart_every, check_every) = (every(RESTARTS + 1), every(CHECKS));
        Self {
            random: Rng::with_seed(!seed),
            restart_every,
            check_every,
            killed: 0,
            restarted: 0,
            sent_again: 0,
            clock_stepped: 0,
        }
    }

    /// Disturbs the stack while orders are placed, and returns the effects seen meanwhile.
    pub(crate) async fn run(&mut self, stack: &mut FaultStack, load: &Load) -> Result<Effects> {
        let mut effects = Effects::default();
        let mut seen = 0;
        while !load.is_over() {
            tokio::time::sleep(POLL_INTERVAL).await;
            let passed = |every: u32| load.answered() / every > seen / every;
            let (restart, kill, check, again, step) = (
                passed(self.restart_every),
                passed(KILL_EVERY),
                passed(self.check_every),
                passed(SEND_AGAIN_EVERY),
                passed(STEP_CLOCK_EVERY),
            );
            seen = load.answered();
            if restart && self.restarted < RESTARTS {
                stack.restart().await?;
                self.restarted += 1;
            }
            if kill && stack.kill_a_function(|functions| self.random.usize(0..functions)) {
                self.killed += 1;
            }
            if again && let Some((id, order_request)) = load.any_accepted(&mut self.random) {
                send_again(&stack.shop, &id, &order_request).await;
                self.sent_again += 1;
            }
            if step {
                let seconds = self.random.i64(1..=MOST_SECONDS);
                let seconds = if self.random.bool() { seconds } else { -seconds };
                self.clock_stepped += u32::from(stack.step_clock(seconds)?);
            }
            if check {
                effects.check(&stack.shop).await;
            }
        }
        stack.step_clock(0)?;
        Ok(effects)
    }

    /// How often each disturbance happened. Steps of the clock are listed if there is one.
    pub(crate) fn made(&self, has_clock: bool) -> Vec<(&'static str, u32)> {
        let always = [
            ("function killed", self.killed),
            ("emulator restarted", self.restarted),
            ("event sent again", self.sent_again),
        ];
        let steps = has_clock.then_some(("clock of the functions stepped", self.clock_stepped));
        always.into_iter().chain(steps).collect()
    }
}

/// Sends an order's event again, as SNS and SQS may do at any time.
pub(crate) async fn send_again(shop: &Deployment, id: &str, order_request: &OrderRequest) {
    let event = OrderEvent { order_id: id.to_owned(), total: order_request.amount() };
    let ids = FifoIds::new_of_group(&group_of(&order_request.customer));
    shop.publish_with(&event.body(), &event.total, ids).await;
}
