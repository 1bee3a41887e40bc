//! `cargo xtask run`: the whole system on this machine, until Ctrl-C.

mod console;
mod screen;

use std::convert::Infallible;

use anyhow::{Context, Result, bail, ensure};
use devstack::{
    Docker, DockerBridgeProxy, Emulator, HttpProxy, Invocations, LogForwarder, LogStream, Progress,
    Stack, StackProgress, Tools, Watch,
};

use screen::Screen;

const PORT: u16 = 3000;
const AWS_PORT: u16 = 4566;
const INVOKE_PORT: u16 = 9000;
const CONSOLE_PORT: u16 = 3002;

/// Options of `cargo xtask run`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// The shop's port on localhost.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// The port of the AWS endpoint on localhost.
    #[arg(long, default_value_t = AWS_PORT)]
    aws_port: u16,
    /// The port on localhost of the console, the page that shows the flow of orders.
    #[arg(long, default_value_t = CONSOLE_PORT)]
    console_port: u16,
    /// The port on localhost at which `cargo lambda invoke` reaches the functions.
    #[arg(long, default_value_t = INVOKE_PORT, conflicts_with = "built")]
    invoke_port: u16,
    /// Run the release binaries of `sam build`, as deployed, instead of reloading edited code.
    #[arg(long)]
    built: bool,
    /// Deliver each customer's orders in order: with a FIFO topic and FIFO queues.
    #[arg(long)]
    fifo: bool,
    /// Also open the stack to Docker containers, for `sam local invoke` and `sam local start-api`.
    #[arg(long, requires = "built")]
    containers: bool,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let ports = [
        ("--port", options.port),
        ("--aws-port", options.aws_port),
        ("--console-port", options.console_port),
        ("--invoke-port", options.invoke_port),
    ];
    for (at, (option, port)) in ports.iter().enumerate() {
        if let Some((other, _)) = ports[..at].iter().find(|(_, other)| other == port) {
            bail!("{option} and {other} are the same port; choose another one");
        }
    }
    devstack::require_free(options.port, "--port")?;
    devstack::require_free(options.aws_port, "--aws-port")?;
    devstack::require_free(options.console_port, "--console-port")?;
    match if options.built { run_built(options).await } else { run_watched(options).await }? {}
}

async fn run_built(options: Options) -> Result<Infallible> {
    ensure!(
        cfg!(target_os = "linux"),
        "--built runs the functions as they are deployed, and these are Linux programs; leave it out on this system"
    );
    let Options { port, aws_port, containers, console_port, .. } = options;
    let docker = if containers {
        Some(Docker::find().await.context("--containers needs Docker")?)
    } else {
        None
    };
    let tools = Tools::install(Progress).await?;
    devstack::build(&tools, Progress).await?;
    let mut emulator = Emulator::start(&tools, aws_port, Invocations::Deployed, Progress).await?;
    let stack = options.deploy(&tools, &emulator, devstack::BUILT_TEMPLATE).await?;
    let proxy = HttpProxy::open(&stack, port).await?;
    // Kept alive until this returns.
    let containers = match docker {
        Some(docker) => Some(DockerBridgeProxy::open(&docker, &stack).await?),
        None => None,
    };
    welcome(&proxy, &emulator, console_port, None, containers.as_ref());
    let screen = Screen::new();
    screen.open();
    tokio::select! {
        error = emulator.failure() => Err(error),
        error = stack.deletion() => Err(error),
        never = LogStream::of(&stack).follow(|line| screen.show(line)) => Ok(never),
        error = screen.follow(StackProgress::of(&stack)) => error,
        never = console::run(&tools, &screen, console_port, aws_port) => Ok(never),
    }
}

async fn run_watched(options: Options) -> Result<Infallible> {
    let Options { port, aws_port, invoke_port, console_port, .. } = options;
    devstack::require_free(invoke_port, "--invoke-port")?;
    let tools = Tools::install(Progress).await?;
    Watch::prebuild(&tools, Progress).await?;
    let mut emulator =
        Emulator::start(&tools, aws_port, Invocations::Watch(invoke_port), Progress).await?;
    let stack = options.deploy(&tools, &emulator, devstack::TEMPLATE).await?;
    let screen = Screen::new();
    let (lines, keeper) = (screen.clone(), LogForwarder::of(&stack));
    let show = move |line: &str| {
        lines.show(line);
        keeper.take(line);
    };
    let watch = Watch::start(&tools, &emulator, &stack, invoke_port, Progress, show).await;
    // The functions' log may show the cause.
    let mut watch = watch.inspect_err(|_| screen.open())?;
    let proxy = HttpProxy::open(&stack, port).await?;
    welcome(&proxy, &emulator, console_port, Some(invoke_port), None);
    screen.open();
    tokio::select! {
        error = emulator.failure() => Err(error),
        error = stack.deletion() => Err(error),
        error = watch.failure() => Err(error),
        error = screen.follow(StackProgress::of(&stack)) => error,
        never = console::run(&tools, &screen, console_port, aws_port) => Ok(never),
    }
}

impl Options {
    async fn deploy(self, tools: &Tools, emulator: &Emulator, template: &str) -> Result<Stack> {
        let parameters: &[&str] = if self.fifo { &["Fifo=true"] } else { &[] };
        devstack::deploy_with(tools, emulator, template, parameters, Progress).await
    }
}

fn welcome(
    proxy: &HttpProxy,
    emulator: &Emulator,
    console_port: u16,
    invoke_port: Option<u16>,
    containers: Option<&DockerBridgeProxy>,
) {
    println!();
    println!("  Shop          {}", proxy.url());
    println!(
        "  Console       http://localhost:{console_port}   (up in a moment; the first time it compiles)"
    );
    println!(
        "  AWS endpoint  http://localhost:{}   (stack {})",
        emulator.port(),
        devstack::STACK_NAME
    );
    if let Some(port) = invoke_port {
        println!("  Functions     http://localhost:{port}   (cargo lambda invoke -P {port})");
    }
    if containers.is_some() {
        println!("  Containers    sam local invoke --config-file {}", devstack::SAM_LOCAL);
    }
    println!();
    println!("Ctrl-C ends it. What the functions log:");
}
