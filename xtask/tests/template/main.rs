//! Checks of template.yaml and samconfig.toml that linters do not make.

mod alarms;
mod api;
mod dashboard;
mod deployment;
mod environments;
mod expected;
mod fifo;
mod functions;
mod key;
mod lint;
mod logs;
mod metrics;
mod permissions;
mod queries;
mod queues;
mod resources;
mod tables;
mod template;
