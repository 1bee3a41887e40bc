//! The roles of `deploy-role.yaml` on a guarded emulator, and deployments as the pipeline makes
//! them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::sam::{deploy_command, outputs, sam, stack};
use crate::workspace::root;
use crate::{Emulator, Outputs, Progress, STACK_NAME, Stack, Tools};

/// The template of the roles.
pub const DEPLOY_ROLE_TEMPLATE: &str = "deploy-role.yaml";

/// Its stack. The name begins as the deployed stack's, so only the path keeps its roles apart.
const ROLE_STACK: &str = "order-fanout-local-deploy";

const REPOSITORY: &str = "owner/name";
const ENVIRONMENT: &str = "local";

/// The deployed roles, and the token of a pipeline's job.
#[derive(Debug)]
pub struct DeployRole {
    outputs: Outputs,
    token: PathBuf,
}

impl DeployRole {
    /// Deploys `deploy-role.yaml` for the local stack, as the account.
    pub async fn deploy(tools: &Tools, emulator: &Emulator, progress: Progress) -> Result<Self> {
        let mut deploy = sam(tools);
        deploy.args(["deploy", "--no-progressbar", "--no-confirm-changeset", "--resolve-s3"]);
        deploy.args(["--template-file", DEPLOY_ROLE_TEMPLATE, "--stack-name", ROLE_STACK]);
        deploy.args(["--capabilities", "CAPABILITY_IAM", "--parameter-overrides"]);
        deploy.arg(format!("StackName={STACK_NAME}"));
        deploy.arg(format!("GitHubRepository={REPOSITORY}"));
        deploy.arg(format!("GitHubEnvironment={ENVIRONMENT}"));
        deploy.env("TMPDIR", emulator.folder());
        progress.command("Deploying the deploy role", emulator.set_aws_env(&mut deploy)).await?;
        let outputs = outputs(tools, emulator.port(), &["--stack-name", ROLE_STACK], progress);
        let outputs = outputs.await?;
        let token = token(tools, emulator, REPOSITORY, progress).await?;
        Ok(Self { outputs, token })
    }

    /// The role that CloudFormation deploys the stack with.
    pub fn service_role(&self) -> Result<&str> {
        self.outputs.get("ServiceRoleArn")
    }

    /// The permissions boundary of the stack's roles.
    pub fn boundary(&self) -> Result<&str> {
        self.outputs.get("BoundaryArn")
    }

    /// `sam deploy` of a template as a job of the pipeline, with the service role.
    pub async fn deploy_stack(
        &self,
        tools: &Tools,
        emulator: &Emulator,
        template: &Path,
        parameters: &[&str],
        progress: Progress,
    ) -> Result<Stack> {
        let boundary = format!("PermissionsBoundaryArn={}", self.boundary()?);
        let parameters = [parameters, &[&*boundary]].concat();
        let mut deploy = self.with_service_role(tools, emulator, template, &parameters)?;
        self.become_pipeline(&mut deploy, &self.token)?;
        progress.command("Deploying the template as the pipeline", &mut deploy).await?;
        stack(tools, emulator.port(), progress).await
    }

    /// Tries deployments that must be denied, and checks what denied them. None may leave a stack.
    pub async fn try_forbidden(
        &self,
        tools: &Tools,
        emulator: &Emulator,
        template: &Path,
        progress: Progress,
    ) -> Result<()> {
        let boundary = format!("PermissionsBoundaryArn={}", self.boundary()?);
        let other = ["--stack-name", "order-fanout-other", "--on-failure", "DELETE"];

        let mut unbounded = self.with_service_role(tools, emulator, template, &[])?;
        unbounded.args(["--on-failure", "DELETE"]);
        let message = "is not authorized to perform: iam:CreateRole on resource";
        denied("a stack without the boundary", message, unbounded, progress).await?;

        // The account itself may do everything, so this is the service role.
        let mut other_stack = self.with_service_role(tools, emulator, template, &[&boundary])?;
        other_stack.args(other);
        let message = "is not authorized to perform: ";
        denied("another stack with the service role", message, other_stack, progress).await?;

        let mut pipeline = self.with_service_role(tools, emulator, template, &[&boundary])?;
        self.become_pipeline(pipeline.args(other), &self.token)?;
        let message = "is not authorized to perform: cloudformation:DescribeStacks";
        denied("another stack as the pipeline", message, pipeline, progress).await?;

        let mut own_role = deploy_command(tools, emulator, template, &[&boundary])?;
        own_role.args(["--role-arn", &self.service_role()?.replace("Service", "Another")]);
        self.become_pipeline(&mut own_role, &self.token)?;
        let message = "is not authorized to perform: iam:PassRole on resource";
        denied("with another role as the pipeline", message, own_role, progress).await?;

        let foreign = token(tools, emulator, "somebody/fork", progress).await?;
        let mut fork = self.with_service_role(tools, emulator, template, &[&boundary])?;
        self.become_pipeline(&mut fork, &foreign)?;
        let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
        denied("as another repository's job", message, fork, progress).await
    }

    /// `sam deploy` with the service role, and the emulator's certificate for the functions.
    fn with_service_role(
        &self,
        tools: &Tools,
        emulator: &Emulator,
        template: &Path,
        parameters: &[&str],
    ) -> Result<Command> {
        let trust = emulator.ca_bundle();
        let parameters: Vec<_> =
            trust.iter().map(|trust| &**trust).chain(parameters.iter().copied()).collect();
        let mut deploy = deploy_command(tools, emulator, template, &parameters)?;
        deploy.args(["--role-arn", self.service_role()?]);
        Ok(deploy)
    }

    /// Replaces the account's keys by a token of GitHub's and the role to assume with it.
    fn become_pipeline(&self, command: &mut Command, token: &Path) -> Result<()> {
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        command.env("AWS_ROLE_ARN", self.outputs.get("DeployRoleArn")?);
        command.env("AWS_WEB_IDENTITY_TOKEN_FILE", token);
        Ok(())
    }
}

/// Writes a token as GitHub gives it to a job of a repository.
async fn token(
    tools: &Tools,
    emulator: &Emulator,
    repository: &str,
    progress: Progress,
) -> Result<PathBuf> {
    let mut python = tools.command("python");
    python.current_dir(root()).arg("tools/devstack/tools/github_token.py");
    let token = progress.command_output("Making a token", python.args([repository, ENVIRONMENT]));
    let path = emulator.folder().join(format!("token-{}", repository.replace('/', "-")));
    fs::write(&path, token.await?.trim_end())?;
    Ok(path)
}

/// Fails unless a deployment fails with this message.
async fn denied(what: &str, message: &str, mut deploy: Command, progress: Progress) -> Result<()> {
    let step = format!("Trying to deploy {what}");
    let output = progress.step(&step, async |_| Ok(deploy.output().await?)).await?;
    ensure!(!output.status.success(), "{what} was deployed");
    let output = [output.stdout, output.stderr].concat();
    let output = String::from_utf8_lossy(&output);
    // SAM breaks the lines of its tables anywhere.
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    ensure!(
        dense(&output).contains(&dense(message)),
        "{what} did not fail with {message:?}:\n\n{output}"
    );
    Ok(())
}
