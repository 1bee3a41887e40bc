//! What the black-box tests stand on: a deployed stack, its shop as a customer sees it, and its tables and queues as
//! AWS shows them. It knows the system by its contract and shares no code with it: an oracle that shares the code
//! shares the bugs.

mod audit;
mod customers;
mod deployment;
mod events;
mod function;
mod operator;
mod queues;
mod record;
mod rig;
mod sample;
mod shop;
mod spy;
mod subscribers;
mod tables;
mod wait;

pub use audit::{Audit, DeadLetters, Effects, cents};
pub use customers::{Bought, Ledger, Wish};
pub use deployment::{Deployment, bootstrap};
pub use events::{OrderEvent, fixture};
pub use function::{Function, batch, failures};
pub use operator::{Ran, ops, ops_with};
pub use queues::Message;
pub use record::held;
pub use rig::Rig;
pub use shop::{Answer, Placed};
pub use spy::Spy;
pub use subscribers::{SUBSCRIBERS, Subscriber};
pub use tables::Row;
pub use wait::eventually;
