//! The order pipeline, through real HTTP, SNS, SQS and DynamoDB.

mod bad_input;
mod batches;
mod concurrent_orders;
mod coupons;
mod fan_out;
mod idempotency;
mod invoices;
mod isolation;
mod jwt_scope;
mod logs;
mod meter_readings;
mod metrics;
mod openapi;
mod pages;
mod privacy;
mod redelivery;
mod relay;
mod samples;
mod tracing;
