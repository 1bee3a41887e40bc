//! Checks of template.yaml and samconfig.toml that linters do not make.

mod alarm_topic;
mod alarms;
mod api;
mod dashboard;
mod deployment;
mod environments;
mod functions;
mod key;
mod lint;
mod logs;
mod metrics;
mod queries;
mod queues;
mod roles;
mod tables;
mod template;
mod tracing;
