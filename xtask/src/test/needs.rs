//! What suites need: artefacts that are built here, and software that must be installed.

use std::env;

use anyhow::{Result, bail};
use devstack::{Docker, Image, Progress, Tools, WebDriver};
use tokio::process::Command;

use super::stack;

/// A prerequisite of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The functions, built by `sam build`.
    Functions,
    /// The examples of `subscriber` and `sqs-batch`, built as functions.
    Examples,
    /// The `ops` command.
    Ops,
    /// Chromium and its driver.
    Chromium,
    /// Docker, and Lambda's image or the stand-in.
    LambdaImage,
    /// valgrind.
    Valgrind,
}

impl Need {
    /// Its name, if it must be installed on the machine.
    pub(super) fn of_the_machine(self) -> Option<&'static str> {
        match self {
            Self::Functions | Self::Examples | Self::Ops => None,
            Self::Chromium => Some("Chromium"),
            Self::LambdaImage => Some("Docker"),
            Self::Valgrind => Some("valgrind"),
        }
    }

    /// Builds it, or returns why it is missing and how to install it.
    pub(super) async fn prepare(self, tools: &Tools) -> Result<Option<String>> {
        match self {
            Self::Functions if !cfg!(target_os = "linux") => {
                return Ok(Some(
                    "it runs the functions as they are deployed, and these are Linux programs"
                        .to_owned(),
                ));
            }
            Self::Functions => devstack::build(tools, Progress).await?,
            Self::Examples => devstack::build_examples(tools, Progress).await?,
            Self::Ops => stack::build_ops(tools).await?,
            Self::Chromium if !WebDriver::is_installed().await => {
                return Ok(Some(
                    "no chromedriver on the PATH: apt install chromium chromium-driver".to_owned(),
                ));
            }
            Self::LambdaImage => {
                return Ok(lambda_image().await.err().map(|why| format!("{why:#}")));
            }
            Self::Valgrind if Command::new("valgrind").arg("--version").output().await.is_err() => {
                return Ok(Some("no valgrind: apt install valgrind libfaketime".to_owned()));
            }
            Self::Chromium | Self::Valgrind => {}
        }
        Ok(None)
    }
}

async fn lambda_image() -> Result<()> {
    Docker::find().await?;
    if Image::find(Progress).await? == Image::StandIn {
        eprintln!("!! Not Lambda's image but a stand-in, which is Debian (.ci/lambda-image)");
    }
    Ok(())
}

/// Skips a suite that cannot run, with a message. In continuous integration this is an error.
pub(super) fn skip(suite: &str, why: &str) -> Result<()> {
    if env::var("CI").as_deref() == Ok("true") {
        bail!("the suite {suite} cannot run, and CI=true lets none be skipped: {why}");
    }
    eprintln!("!! Skipped: {suite}: {why}");
    Ok(())
}
