//! The suites that `cargo xtask test` runs, what each needs and how long it takes. This table is
//! the only list.

use std::ffi::OsStr;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use devstack::{ProcessGroup, Progress, Tools};

use super::needs::Need;
use super::{
    api_fuzz, backends, browser, containers, fifo, iam, new_subscriber, parameters, run_command,
    stack, supply_chain,
};
use crate::bench;
use Run::{OneStack, OwnStacks};

/// A group of tests that can be run separately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suite {
    pub(super) name: &'static str,
    about: &'static str,
    pub(super) needs: &'static [Need],
    /// Approximate duration on two cores, once everything is built.
    seconds: u32,
    /// Whether it runs without `--all`.
    pub(super) is_quick: bool,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Cargo(&'static [&'static str]),
    SamValidate,
    Checkov,
    /// A test target of `e2e` on a stack that is deployed for it.
    OneStack(&'static str),
    /// A test target of `e2e` that deploys stacks itself.
    OwnStacks(&'static str),
    Outages,
    Browser,
    ApiFuzz,
    Iam,
    NewSubscriber,
    Backends,
    Watched,
    Built,
    Containers,
    Budget,
    Fifo,
    Parameters,
    SupplyChain,
}

const CLIPPY: &[&str] =
    &["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];
/// As crates.io would get it. Uncommitted changes are packed as well.
const PACKAGE: &[&str] = &["package", "--locked", "--allow-dirty", "--package", "sqs-batch"];

const FUNCTIONS: &[Need] = &[Need::Functions];
const FUNCTIONS_AND_OPS: &[Need] = &[Need::Functions, Need::Ops];
const FIFO: &[Need] = &[Need::Functions, Need::Ops, Need::Examples];

/// In running order: the quickest to fail first.
pub(super) const SUITES: [Suite; 27] = [
    quick("format", "rustfmt", &[], 2, Run::Cargo(&["fmt", "--all", "--check"])),
    quick("clippy", "clippy on every target", &[], 10, Run::Cargo(CLIPPY)),
    quick(
        "unit",
        "unit, property, snapshot and template tests",
        &[],
        30,
        Run::Cargo(&["test", "--workspace"]),
    ),
    quick("lint", "sam validate --lint", &[], 10, Run::SamValidate),
    slow("checkov", "the template's security, by checkov", &[], 10, Run::Checkov),
    quick(
        "pipeline",
        "every path of an order, end to end",
        &[Need::Functions, Need::Examples],
        100,
        OneStack("pipeline"),
    ),
    slow(
        "browser",
        "the pages and the console in Chromium, with axe-core",
        &[Need::Functions, Need::Ops, Need::Chromium],
        120,
        Run::Browser,
    ),
    slow(
        "faults",
        "every call to AWS cut, one at a time",
        FUNCTIONS_AND_OPS,
        60,
        OneStack("faults"),
    ),
    slow("ops", "the operator's command", FUNCTIONS_AND_OPS, 90, OneStack("ops")),
    slow(
        "outages",
        "SNS, DynamoDB and the subscribers' writes gone for a while",
        FUNCTIONS_AND_OPS,
        130,
        Run::Outages,
    ),
    slow("soak", "500 orders under random faults", FUNCTIONS_AND_OPS, 60, OwnStacks("soak")),
    slow("fifo", "the order of effects with Fifo=true", FIFO, 320, Run::Fifo),
    slow("coupons", "50 races for one coupon each", FUNCTIONS, 30, OwnStacks("coupons")),
    slow("cors", "calls from pages of other origins", FUNCTIONS, 20, OwnStacks("cors")),
    slow("tokens", "calls with and without a token", FUNCTIONS, 20, OwnStacks("tokens")),
    slow(
        "openapi-client",
        "a client generated from the contract",
        FUNCTIONS,
        40,
        OwnStacks("openapi_client"),
    ),
    slow("api-fuzz", "2,000 requests made up from the contract", FUNCTIONS, 100, Run::ApiFuzz),
    slow("parameters", "every two optional parameters deployed", FUNCTIONS, 100, Run::Parameters),
    slow("iam", "what each role may do and is denied", FUNCTIONS_AND_OPS, 130, Run::Iam),
    slow(
        "new-subscriber",
        "cargo xtask new subscriber and remove, on a copy",
        FUNCTIONS_AND_OPS,
        400,
        Run::NewSubscriber,
    ),
    slow("backends", "store and topic on two emulators", &[], 60, Run::Backends),
    slow("run-watched", "cargo xtask run, with every sample event", FUNCTIONS, 60, Run::Watched),
    slow("run-built", "cargo xtask run --built", FUNCTIONS, 50, Run::Built),
    slow(
        "containers",
        "sam local, in Lambda's image",
        &[Need::Functions, Need::LambdaImage],
        60,
        Run::Containers,
    ),
    slow(
        "budget",
        "instructions, memory and binary sizes",
        &[Need::Functions, Need::Valgrind],
        120,
        Run::Budget,
    ),
    slow("package", "sqs-batch, built from its packed files", &[], 60, Run::Cargo(PACKAGE)),
    slow(
        "supply-chain",
        "licences, unused dependencies, SBOM, workflows",
        &[],
        60,
        Run::SupplyChain,
    ),
];

const fn slow(
    name: &'static str,
    about: &'static str,
    needs: &'static [Need],
    seconds: u32,
    run: Run,
) -> Suite {
    Suite { name, about, needs, seconds, is_quick: false, run }
}

const fn quick(
    name: &'static str,
    about: &'static str,
    needs: &'static [Need],
    seconds: u32,
    run: Run,
) -> Suite {
    Suite { is_quick: true, ..slow(name, about, needs, seconds, run) }
}

impl Suite {
    /// Reads a suite's name. `--help` lists them all.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        let names = SUITES.map(|suite| PossibleValue::new(suite.name).help(suite.help()));
        PossibleValuesParser::new(names).map(|name| {
            let found = SUITES.into_iter().find(|suite| suite.name == name);
            found.expect("only names of suites are possible")
        })
    }

    fn help(&self) -> String {
        let needs = self
            .needs
            .iter()
            .filter_map(|need| need.of_the_machine())
            .map(|needed| format!(", needs {needed}"));
        format!("{} ({} s{})", self.about, self.seconds, needs.collect::<String>())
    }

    /// Runs the suite. Its needs must have been prepared.
    pub(super) async fn run(&self, tools: &Tools) -> Result<()> {
        match self.run {
            Run::Cargo(arguments) => {
                ProcessGroup::run(self.about, tools.cargo().args(arguments)).await
            }
            Run::SamValidate => devstack::validate(tools, Progress).await,
            Run::Checkov => devstack::checkov(Progress).await,
            Run::OneStack(target) => stack::on_one_stack(tools, target, &[]).await,
            Run::OwnStacks(target) => stack::on_own_stacks(tools, target, &[], &[]).await,
            Run::Outages => {
                let short = ("E2E_OUTAGE_SECONDS", OsStr::new("15"));
                stack::on_own_stacks(tools, "outages", &[], &[short]).await
            }
            Run::Browser => browser::test(tools).await,
            Run::ApiFuzz => {
                api_fuzz::api_fuzz(tools, &api_fuzz::Options::of_the_suite()).await.map(drop)
            }
            Run::Iam => iam::test(tools).await,
            Run::NewSubscriber => new_subscriber::test(tools).await,
            Run::Backends => backends::test(tools).await,
            Run::Watched => run_command::watched(tools).await,
            Run::Built => run_command::built(tools).await,
            Run::Containers => containers::test(tools).await,
            Run::Budget => bench::check(tools).await,
            Run::Fifo => fifo::test(tools).await,
            Run::Parameters => parameters::test(tools).await,
            Run::SupplyChain => supply_chain::test().await,
        }
    }
}
