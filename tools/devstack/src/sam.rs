//! The SAM CLI, as a user runs it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::deploy_role::DEPLOY_ROLE_TEMPLATE;
use crate::emulator;
use crate::template::write_expanded_template;
use crate::workspace::{root, target_dir};
use crate::{Emulator, Outputs, ProcessGroup, Progress, STACK_NAME, Stack, Tools};

/// `sam validate --lint`, a comparison of our expansion of the loops with the emulator's and
/// cfn-lint's, and one of the deploy role's rights with what CloudFormation's handlers need.
pub async fn validate(tools: &Tools, progress: Progress) -> Result<()> {
    for template in [TEMPLATE, DEPLOY_ROLE_TEMPLATE] {
        let mut sam = sam(tools);
        sam.args(["validate", "--lint", "--region", "us-east-1", "--template-file", template]);
        progress.command(&format!("Linting {template}"), &mut sam).await?;
    }
    let expanded = write_expanded_template()?;
    let mut compare = tools.command("python");
    compare.current_dir(root()).arg("tools/devstack/tools/compare_expansions.py");
    compare.arg(TEMPLATE).arg(&expanded);
    progress.command("Comparing the expanded template", &mut compare).await?;
    let mut check = tools.command("python");
    check.current_dir(root()).arg("tools/devstack/tools/check_deploy_role.py");
    check.arg(DEPLOY_ROLE_TEMPLATE).arg(&expanded);
    progress.command("Comparing the deploy role with the template", &mut check).await
}

/// This machine's processor, as the template's `Architecture` and as cargo-lambda name it.
pub(crate) const ARCHITECTURE: (&str, &str) =
    if cfg!(target_arch = "aarch64") { ("arm64", "--arm64") } else { ("x86_64", "--x86-64") };

/// `sam build`, for the processor of this machine.
pub async fn build(tools: &Tools, progress: Progress) -> Result<()> {
    let mut sam = sam(tools);
    sam.args(["build", "--config-env", "local", "--parameter-overrides"]);
    sam.arg(format!("Architecture={}", ARCHITECTURE.0));
    let what = "Building the functions for release (about five minutes the first time)";
    progress.command(what, &mut sam).await
}

/// Builds the examples that are functions, as the functions are built. Each has a build of its
/// own: in one, `sqs-batch`'s test features would compile all dependencies of `subscriber` again.
pub async fn build_examples(tools: &Tools, progress: Progress) -> Result<()> {
    for (package, example) in [("subscriber", "panics"), ("sqs-batch", "meter_readings")] {
        let mut cargo = cargo_lambda_build(tools);
        cargo.args(["--package", package, "--example", example]);
        progress.command(&format!("Building the example {example}"), &mut cargo).await?;
    }
    Ok(())
}

/// Builds packages of the workspace as `sam build` builds the functions. Returns the folder that
/// holds a folder for each binary, with its `bootstrap`.
pub async fn build_packages(
    tools: &Tools,
    packages: &[&str],
    progress: Progress,
) -> Result<PathBuf> {
    let mut cargo = cargo_lambda_build(tools);
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    progress.command("Building the functions for release", &mut cargo).await?;
    Ok(target_dir().join("lambda"))
}

/// Like [`build_packages`], but keeps symbol names, in an output folder of its own.
pub async fn build_with_names(
    tools: &Tools,
    packages: &[&str],
    progress: Progress,
) -> Result<PathBuf> {
    let folder = root().join("target/with-names");
    let mut cargo = cargo_lambda_build(tools);
    cargo.env("CARGO_PROFILE_RELEASE_STRIP", "none").env("CARGO_TARGET_DIR", &folder);
    cargo.arg("--lambda-dir").arg(folder.join("lambda"));
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    let what = "Building the functions with names (about five minutes the first time)";
    progress.command(what, &mut cargo).await?;
    Ok(folder.join("lambda"))
}

/// Builds packages of the workspace in this folder the same way. Its output is separate from ours.
pub async fn build_apart(
    tools: &Tools,
    folder: &str,
    packages: &[&str],
    progress: Progress,
) -> Result<()> {
    let mut cargo = cargo_lambda_build(tools);
    cargo.arg("--locked").current_dir(root().join(folder)).env_remove("CARGO_TARGET_DIR");
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    progress.command(&format!("Building {folder} (some minutes, once)"), &mut cargo).await
}

fn cargo_lambda_build(tools: &Tools) -> Command {
    let mut cargo = tools.cargo();
    cargo.args(["lambda", "build", "--release", ARCHITECTURE.1]);
    cargo
}

/// The template in the repository. The functions need not be built for it.
pub const TEMPLATE: &str = "template.yaml";

/// The template that `sam build` writes beside the built functions.
pub const BUILT_TEMPLATE: &str = ".aws-sam/build/template.yaml";

/// Runs `sam deploy` of a template to the emulator.
pub async fn deploy(
    tools: &Tools,
    emulator: &Emulator,
    template: impl AsRef<Path>,
    progress: Progress,
) -> Result<Stack> {
    deploy_with(tools, emulator, template, &[], progress).await
}

/// Like [`deploy`], with parameters such as `Fifo=true` beside samconfig.toml's for `local`.
pub async fn deploy_with(
    tools: &Tools,
    emulator: &Emulator,
    template: impl AsRef<Path>,
    parameters: &[&str],
    progress: Progress,
) -> Result<Stack> {
    let mut deploy = deploy_command(tools, emulator, template, parameters)?;
    progress.command("Deploying the template", &mut deploy).await?;
    stack(tools, emulator.port(), progress).await
}

/// The `sam deploy` of [`deploy_with`].
pub(crate) fn deploy_command(
    tools: &Tools,
    emulator: &Emulator,
    template: impl AsRef<Path>,
    parameters: &[&str],
) -> Result<Command> {
    let mut deploy = sam(tools);
    deploy
        .args(["deploy", "--no-progressbar", "--config-env", "local", "--template-file"])
        .arg(template.as_ref());
    if !parameters.is_empty() {
        // On the command line they replace those of samconfig.toml.
        let all = local_parameters()?;
        deploy.arg("--parameter-overrides").args(all.split_whitespace()).args(parameters);
    }
    // sam leaves empty folders in TMPDIR; without the other option it expects the configuration
    // beside the template.
    deploy.env("TMPDIR", emulator.folder());
    deploy.arg("--config-file").arg(root().join("samconfig.toml"));
    emulator.set_aws_env(&mut deploy);
    Ok(deploy)
}

/// Builds the functions and runs `sam deploy` with these arguments, and a new release, on the
/// caller's AWS account. Unless `--replace-queues` is among the arguments, it refuses a deployment
/// that would replace the stack's queues.
pub async fn deploy_to_aws(tools: &Tools, arguments: &[String]) -> Result<()> {
    let arguments = deploy_arguments(tools, arguments, |command| command).await?;
    ProcessGroup::run("sam build", sam(tools).arg("build")).await?;
    // It may ask whether to deploy, so it needs the terminal.
    let status = sam(tools).arg("deploy").args(arguments).status().await?;
    ensure!(status.success(), "sam deploy failed ({status})");
    Ok(())
}

/// The arguments for `sam deploy`, with a new release. Fails if the deployment would replace the
/// stack's queues. `set_env` says where AWS is.
pub async fn deploy_arguments(
    tools: &Tools,
    arguments: &[String],
    set_env: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<Vec<String>> {
    let mut script = tools.command("python");
    script.current_dir(root()).arg("tools/devstack/tools/deploy_arguments.py").args(arguments);
    let output = set_env(&mut script).output().await?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", problem.trim_end());
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// The parameters that samconfig.toml has for `local`.
fn local_parameters() -> Result<String> {
    let config: toml::Table = fs::read_to_string(root().join("samconfig.toml"))?.parse()?;
    let overrides = config
        .get("local")
        .and_then(|local| local.get("deploy")?.get("parameters")?.get("parameter_overrides"))
        .and_then(toml::Value::as_str);
    Ok(overrides.context("samconfig.toml has no parameters for `local`")?.to_owned())
}

/// The stack that is deployed to the emulator on a port.
pub async fn stack(tools: &Tools, aws_port: u16, progress: Progress) -> Result<Stack> {
    let outputs = outputs(tools, aws_port, &["--config-env", "local"], progress).await?;
    Ok(Stack { endpoint: emulator::endpoint(aws_port), outputs })
}

/// The outputs of the stack that these arguments name.
pub(crate) async fn outputs(
    tools: &Tools,
    aws_port: u16,
    which: &[&str],
    progress: Progress,
) -> Result<Outputs> {
    let mut list = sam(tools);
    list.args(["list", "stack-outputs", "--output", "json"]).args(which);
    emulator::set_aws_env(&mut list, aws_port);
    let outputs = progress.command_output("Reading the stack's outputs", &mut list).await?;
    Outputs::from_sam(&outputs)
}

/// Runs `sam delete` of the local stack on the emulator.
pub async fn delete(tools: &Tools, emulator: &Emulator, progress: Progress) -> Result<()> {
    let mut delete = sam(tools);
    delete.args(["delete", "--stack-name", STACK_NAME, "--no-prompts", "--region", "us-east-1"]);
    progress.command("Deleting the stack", emulator.set_aws_env(&mut delete)).await
}

pub(crate) fn sam(tools: &Tools) -> Command {
    let mut sam = tools.command("sam");
    sam.env("SAM_CLI_TELEMETRY", "0").env("SAM_CLI_CHECK_FOR_UPDATES", "0").current_dir(root());
    sam
}
