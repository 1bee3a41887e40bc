//! AWS on a laptop: installs the pinned tools, starts the emulator, deploys the unchanged template
//! with the real SAM CLI, serves the shop over HTTP, and shows the functions' logs.
//!
//! Everything listens on loopback only, except [`DockerBridgeProxy`], which listens on Docker's
//! bridge. The crate links no AWS SDK, so that it compiles quickly.

mod cargo_tool;
mod checkov;
mod deploy_role;
mod docker;
mod docker_bridge_proxy;
mod emulator;
mod expand_loops;
mod faults;
mod function_clock;
mod functions;
mod http;
mod http_proxy;
mod interrupt;
mod intrinsics;
mod local_api;
mod log_forwarder;
mod log_line;
mod logs;
mod moto;
mod openapi_client;
mod ports;
mod process;
mod progress;
mod python;
mod running_stack;
mod sam;
mod schemathesis;
mod server;
mod source;
mod stack;
mod stack_progress;
mod supply_chain;
mod tcp;
mod template;
mod tools;
mod watch;
mod web_driver;
mod workspace;

pub use cargo_tool::CargoTool;
pub use checkov::checkov;
pub use deploy_role::{DEPLOY_ROLE_TEMPLATE, DeployRole};
pub use docker::{Docker, Image};
pub use docker_bridge_proxy::{DockerBridgeProxy, SAM_LOCAL};
pub use emulator::{Emulator, Invocations, set_aws_env};
pub use faults::{Call, Fault, FaultProxy, Injected};
pub use function_clock::{FunctionClock, libfaketime};
pub use functions::{functions, functions_in, resource};
pub use http::page;
pub use http_proxy::HttpProxy;
pub use interrupt::{or_cut_short, until_interrupted};
pub use local_api::LocalApi;
pub use log_forwarder::LogForwarder;
pub use log_line::LogLine;
pub use logs::LogStream;
pub use moto::Moto;
pub use openapi_client::OpenApiClient;
pub use ports::{free_port, require_free};
pub use process::ProcessGroup;
pub use progress::Progress;
pub use python::{lambda_python, python};
pub use running_stack::RunningStack;
pub use sam::{
    BUILT_TEMPLATE, TEMPLATE, build, build_apart, build_examples, build_packages, build_with_names,
    delete, deploy, deploy_arguments, deploy_to_aws, deploy_with, stack, validate,
};
pub use schemathesis::Schemathesis;
pub use source::{REPORTS, changes_since, source, source_commit, uncommitted};
pub use stack::{Outputs, Stack};
pub use stack_progress::{Depths, StackProgress};
pub use supply_chain::SupplyChain;
pub use template::{expand_template, expanded_template, expanded_template_text};
pub use tools::Tools;
pub use watch::Watch;
pub use web_driver::WebDriver;
pub use workspace::{root, target_dir};

/// The local stack's name, as in samconfig.toml under `local`.
pub const STACK_NAME: &str = "order-fanout-local";
