//! `cargo xtask doctor`: lists the tools missing on this machine, and how to install them.

use std::process::{ExitCode, Stdio};

use tokio::process::Command;

struct Need {
    name: &'static str,
    /// A shell command that succeeds if the tool is present.
    check: &'static str,
    for_what: Purpose,
    install: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Develop,
    TestAll,
    Deploy,
}

const NEEDS: [Need; 11] = [
    need("Rust", "cargo --version", Purpose::Develop, "https://rustup.rs"),
    need(
        "Python venv",
        "python3 -c 'import venv, ensurepip'",
        Purpose::Develop,
        "apt install python3-venv",
    ),
    need("C compiler", "cc --version", Purpose::Develop, "apt install gcc libc6-dev"),
    need(
        "Chromium",
        "chromedriver --version",
        Purpose::TestAll,
        "apt install chromium chromium-driver",
    ),
    need("Docker", "docker version", Purpose::TestAll, "apt install docker.io, and start dockerd"),
    need("valgrind", "valgrind --version", Purpose::TestAll, "apt install valgrind"),
    need(
        "libfaketime",
        "ls /usr/lib/*/faketime/libfaketime.so.1 || ls /usr/lib*/faketime/libfaketime.so.1",
        Purpose::TestAll,
        "apt install libfaketime",
    ),
    need(
        "arm64 target",
        "rustup target list --installed | grep aarch64-unknown-linux-gnu",
        Purpose::Deploy,
        "rustup target add aarch64-unknown-linux-gnu, or set Architecture to x86_64 in template.yaml",
    ),
    need(
        "SAM CLI 1.160+",
        SAM_CLI,
        Purpose::Deploy,
        "the SAM CLI, or put .tools/venv/bin on the PATH",
    ),
    need(
        "AWS credentials",
        CREDENTIALS,
        Purpose::Deploy,
        "aws configure sso, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    need(
        "AWS region",
        "test -n \"$AWS_DEFAULT_REGION\" || grep region \"${AWS_CONFIG_FILE:-$HOME/.aws/config}\"",
        Purpose::Deploy,
        "aws configure, or set AWS_DEFAULT_REGION; sam does not read AWS_REGION",
    ),
];

/// Older versions do not know the loops of template.yaml, and fail with a stack trace.
const SAM_CLI: &str = "printf '1.160\\n%s\\n' \"$(sam --version | tr -dc 0-9.)\" | sort -C -V";

/// Where the AWS SDKs find credentials.
const CREDENTIALS: &str = "test -n \"$AWS_ACCESS_KEY_ID$AWS_PROFILE$AWS_WEB_IDENTITY_TOKEN_FILE\
     $AWS_CONTAINER_CREDENTIALS_FULL_URI$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI\" \
     || ls \"${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}\" \
     || ls \"${AWS_CONFIG_FILE:-$HOME/.aws/config}\"";

const fn need(
    name: &'static str,
    check: &'static str,
    for_what: Purpose,
    install: &'static str,
) -> Need {
    Need { name, check, for_what, install }
}

/// Prints a line for each tool. Fails if one that development requires is missing.
pub(crate) async fn doctor() -> ExitCode {
    let python = devstack::python().await.is_ok();
    println!("{}", line("Python 3.10+", python, Purpose::Develop, "apt install python3-venv"));
    let mut can_develop = python;
    for Need { name, check, for_what, install } in NEEDS {
        let found = succeeds(check).await;
        println!("{}", line(name, found, for_what, install));
        can_develop &= found || for_what != Purpose::Develop;
    }
    if can_develop { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn line(name: &str, found: bool, for_what: Purpose, install: &str) -> String {
    let command = match for_what {
        Purpose::Develop => "cargo xtask run",
        Purpose::TestAll => "cargo xtask test --all",
        Purpose::Deploy => "sam deploy",
    };
    if found { format!("✓ {name}") } else { format!("✗ {name}: {command} needs it; {install}") }
}

async fn succeeds(check: &str) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", check]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().await.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn missing_program_is_found_missing() {
        assert!(succeeds("cargo --version").await);
        assert!(!succeeds("no-such-program --version").await);
    }

    #[test]
    fn missing_need_says_what_to_do() {
        let line = |found| line("Docker", found, Purpose::TestAll, "apt install docker.io");
        assert_eq!(line(true), "✓ Docker");
        assert_eq!(line(false), "✗ Docker: cargo xtask test --all needs it; apt install docker.io");
    }
}
