//! Support for the black-box tests: a deployed stack, its shop as a customer sees it, and its
//! tables and queues as AWS shows them. It relies on the system's contract and shares no code with
//! it: an oracle that shares the code shares the bugs.

mod audit;
mod call_audit;
mod console;
mod customers;
mod deployment;
mod drain;
mod events;
mod fault_stack;
mod fifo;
mod filter;
mod function;
mod operator;
mod ordering;
mod queues;
mod record;
mod report;
mod sample;
mod shop;
mod subscribers;
mod tables;
mod topic_probe;
mod wait;

pub use audit::{Audit, Effects, cents};
pub use call_audit::CallAudit;
pub use console::Console;
pub use customers::{ClientRecord, OrderRequest, PurchaseResult};
pub use deployment::{Deployment, bootstrap};
pub use drain::DeadLetters;
pub use events::{OrderEvent, fixture, post_event};
pub use fault_stack::FaultStack;
pub use fifo::{FifoIds, group_of};
pub use function::{Function, batch, batch_of_bodies, failures, fault_proxy, json_body, order_id};
pub use lambda_sandbox::Refusal;
pub use operator::{Ran, ops, ops_behind, ops_on};
pub use ordering::{Accepted, EffectOrder, batches_published, effects};
pub use queues::Message;
pub use record::held;
pub use report::{report, time_row};
pub use shop::{Answer, Placed, repeated};
pub use subscribers::Subscriber;
pub use tables::Row;
pub use topic_probe::TopicProbe;
pub use wait::eventually;
