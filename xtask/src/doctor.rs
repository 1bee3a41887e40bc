//! `cargo xtask doctor`: what this machine has of what the commands need, and how to get the rest.

use std::process::ExitCode;

use anyhow::Result;
use local::root;
use tokio::process::Command;

/// What a command of the project needs.
struct Need {
    what: &'static str,
    /// A program with its arguments, which succeeds where the need is met; the first line it prints is shown.
    look: &'static [&'static str],
    how: &'static str,
}

/// For whom a need is one.
struct Group {
    title: &'static str,
    needs: &'static [Need],
}

const PYTHON: &str =
    "import sys, venv, ensurepip; assert sys.version_info >= (3, 10); print('Python', sys.version.split()[0])";

/// The first group is what nothing works without.
const GROUPS: [Group; 4] = [
    Group {
        title: "To run and to test it here",
        needs: &[
            Need {
                what: "Rust",
                look: &["cargo", "--version"],
                how: "https://rustup.rs; rust-toolchain.toml has the version",
            },
            Need {
                what: "Python",
                look: &["python3", "-c", PYTHON],
                how: "3.10 or newer, with venv: apt install python3-venv",
            },
            Need { what: "C compiler", look: &["cc", "--version"], how: "apt install gcc libc6-dev" },
        ],
    },
    Group {
        title: "Pinned tools in .tools/, which every command installs that needs them",
        needs: &[
            Need { what: "SAM CLI", look: &[".tools/venv/bin/sam", "--version"], how: "cargo xtask tools" },
            Need {
                what: "cargo-lambda",
                look: &[".tools/venv/bin/cargo-lambda", "lambda", "--version"],
                how: "cargo xtask tools",
            },
        ],
    },
    Group {
        title: "For all lanes of cargo xtask test --all, and cargo xtask bench",
        needs: &[
            Need { what: "valgrind", look: &["valgrind", "--version"], how: "apt install valgrind" },
            Need {
                what: "libfaketime",
                look: &[
                    "sh",
                    "-c",
                    "ls /usr/lib*/faketime/libfaketime.so.1 /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | grep .",
                ],
                how: "apt install libfaketime",
            },
            Need {
                what: "chromedriver",
                look: &["chromedriver", "--version"],
                how: "apt install chromium chromium-driver",
            },
        ],
    },
    Group {
        title: "To build for AWS and to deploy",
        needs: &[
            Need {
                what: "arm64 target",
                look: &["sh", "-c", "rustup target list --installed | grep aarch64-unknown-linux-gnu"],
                how: "rustup target add aarch64-unknown-linux-gnu; or Architecture=x86_64 among the parameters",
            },
            Need {
                what: "AWS credentials",
                look: &[
                    "sh",
                    "-c",
                    "if test \"$AWS_ACCESS_KEY_ID\"; then echo in the environment; else ls ~/.aws/config; fi",
                ],
                how: "aws configure sso, or AWS_ACCESS_KEY_ID and what belongs to it",
            },
        ],
    },
];

/// Prints what there is and what is missing. A failure if nothing works without it.
pub(crate) async fn doctor() -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for (at, Group { title, needs }) in GROUPS.iter().enumerate() {
        println!("{title}");
        for Need { what, look, how } in *needs {
            if let Some(version) = found(look).await {
                println!("  ✓ {what:16} {version}");
                continue;
            }
            println!("  ✗ {what:16} missing: {how}");
            if at == 0 {
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// The first line of what a program prints, if it succeeds.
async fn found(look: &[&str]) -> Option<String> {
    let (program, arguments) = look.split_first()?;
    let output = Command::new(program).args(arguments).current_dir(root()).output().await.ok()?;
    let said = [output.stdout, output.stderr].concat();
    let line = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned();
    output.status.success().then_some(line)
}
