//! What the linters do not see in template.yaml and samconfig.toml.

mod api;
mod environments;
mod functions;
mod logs;
mod queues;
mod roles;
mod template;
