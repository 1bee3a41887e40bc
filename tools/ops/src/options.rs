//! The options that every command has.

use std::num::NonZeroU32;

use aws_config::SdkConfig;
use clap::Args;

use crate::{aws, stack};

/// The port of `cargo xtask run`.
const AWS_PORT: u16 = 4566;

/// The stack, and where it is.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The stack's name.
    #[arg(
        long,
        global = true,
        env = "ORDER_FANOUT_STACK",
        default_value = "order-fanout-dev",
        value_name = "NAME"
    )]
    pub(crate) stack: String,
    /// Use the stack of `cargo xtask run` on this machine, order-fanout-local at port 4566,
    /// whatever --stack, profiles and variables specify.
    #[arg(long, global = true)]
    pub(crate) local: bool,
    /// The port of the AWS endpoint on this machine, with --local.
    #[arg(long, global = true, default_value_t = AWS_PORT, value_name = "PORT")]
    pub(crate) aws_port: u16,
}

impl Target {
    /// The options with which another command reaches the same stack.
    pub(crate) fn options(&self) -> String {
        match (self.local, self.aws_port) {
            (true, AWS_PORT) => "--local".to_owned(),
            (true, port) => format!("--local --aws-port {port}"),
            (false, _) => format!("--stack {}", self.stack),
        }
    }

    /// The AWS configuration, and the stack's name.
    pub(crate) async fn aws(&self) -> (SdkConfig, &str) {
        if self.local {
            (aws::for_local_emulator(self.aws_port).await, stack::LOCAL)
        } else {
            (aws::from_default_chain().await, &self.stack)
        }
    }
}

/// How the command runs and prints.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RunOptions {
    /// Print what would be done, and change nothing.
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Print one JSON object per line on standard output; everything else goes to standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The most messages to move or orders to publish per second, 1 to 500.
    #[arg(long, global = true, default_value = "100", value_parser = rate, value_name = "N")]
    pub(crate) rate: NonZeroU32,
}

/// 500 a second is SQS's own maximum for a redrive.
fn rate(text: &str) -> Result<NonZeroU32, &'static str> {
    let rate = text.parse().ok().filter(|rate: &NonZeroU32| rate.get() <= 500);
    rate.ok_or("it must be a whole number from 1 to 500")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_within_the_sqs_limit() {
        assert_eq!(rate("500").map(NonZeroU32::get), Ok(500));
        for wrong in ["0", "501", "-1", "fast", ""] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
