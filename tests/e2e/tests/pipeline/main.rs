//! The order pipeline, through real HTTP, SNS, SQS and DynamoDB.

mod authorised;
mod bad_input;
mod batches;
mod coupons;
mod fan_out;
mod idempotency;
mod invoices;
mod isolation;
mod ledger;
mod logs;
mod metrics;
mod openapi;
mod pages;
mod privacy;
mod redelivery;
mod relay;
mod samples;
mod tracing;
