//! What this project's commands need of a machine.

use super::account;
use crate::run;

/// Something that somebody wants to do.
pub(super) struct Purpose {
    pub(super) title: &'static str,
    /// The commands that do it.
    pub(super) by: &'static str,
    pub(super) needs: &'static [Need],
}

/// What a command needs.
pub(super) struct Need {
    pub(super) what: &'static str,
    pub(super) look: Look,
    /// Whether the purpose fails without it.
    pub(super) must: bool,
    /// How to get it, or around it.
    pub(super) how: &'static str,
}

/// How it is looked for.
pub(super) enum Look {
    /// A program with its arguments, which succeeds where the need is met; the first line it prints
    /// is shown.
    Says(&'static [&'static str]),
    /// A Python that is new enough.
    Python,
    /// What this finds, if it does.
    Is(fn() -> Option<String>),
}

const TOOLS: &str = "comes with the first command that needs it; now: cargo xtask tools";
const MINISTACK: &str =
    "import importlib.metadata as packages; print('ministack', packages.version('ministack'))";
const FAKETIME: &str = "ls /usr/lib*/faketime/libfaketime.so.1 /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | grep .";

const CARGO_LAMBDA: Need = Need {
    what: "cargo-lambda",
    look: Look::Says(&[".tools/venv/bin/cargo-lambda", "lambda", "--version"]),
    must: false,
    how: TOOLS,
};
const SAM: Need = Need {
    what: "SAM CLI",
    look: Look::Says(&[".tools/venv/bin/sam", "--version"]),
    must: false,
    how: TOOLS,
};

/// The first is what nothing works without.
pub(super) const PURPOSES: [Purpose; 4] = [
    Purpose {
        title: "Develop here",
        by: "cargo xtask run, cargo xtask test",
        needs: &[
            Need {
                what: "Rust",
                look: Look::Says(&["cargo", "--version"]),
                must: true,
                how: "https://rustup.rs; rust-toolchain.toml has the version",
            },
            Need {
                what: "Python",
                look: Look::Python,
                must: true,
                how: "3.10 or newer: apt install python3-venv",
            },
            Need {
                what: "C compiler",
                look: Look::Says(&["cc", "--version"]),
                must: true,
                how: "apt install gcc libc6-dev",
            },
            SAM,
            CARGO_LAMBDA,
            Need {
                what: "emulator",
                look: Look::Says(&[".tools/venv/bin/python", "-c", MINISTACK]),
                must: false,
                how: TOOLS,
            },
            Need {
                what: "shop's port",
                look: Look::Is(|| free(run::PORT)),
                must: false,
                how: "something listens on 3000: cargo xtask run --port",
            },
            Need {
                what: "AWS's port",
                look: Look::Is(|| free(run::AWS_PORT)),
                must: false,
                how: "something listens on 4566: cargo xtask run --aws-port",
            },
            Need {
                what: "functions' port",
                look: Look::Is(|| free(run::INVOKE_PORT)),
                must: false,
                how: "something listens on 9000: cargo xtask run --invoke-port",
            },
        ],
    },
    Purpose {
        title: "Run every suite, and measure",
        by: "cargo xtask test --all, cargo xtask bench",
        needs: &[
            Need {
                what: "Chromium",
                look: Look::Says(&["sh", "-c", "chromium --version || google-chrome --version"]),
                must: true,
                how: "apt install chromium",
            },
            Need {
                what: "chromedriver",
                look: Look::Says(&["chromedriver", "--version"]),
                must: true,
                how: "apt install chromium-driver",
            },
            Need {
                what: "Docker",
                look: Look::Says(&["docker", "version", "--format", "Docker {{.Server.Version}}"]),
                must: true,
                how: "apt install docker.io, and have dockerd run; .ci/lambda-image gets the image",
            },
            Need {
                what: "valgrind",
                look: Look::Says(&["valgrind", "--version"]),
                must: true,
                how: "apt install valgrind",
            },
            Need {
                what: "libfaketime",
                look: Look::Says(&["sh", "-c", FAKETIME]),
                must: true,
                how: "apt install libfaketime",
            },
        ],
    },
    Purpose {
        title: "Build for AWS",
        by: "sam build, cargo lambda build --arm64",
        needs: &[
            Need {
                what: "arm64 target",
                look: Look::Says(&[
                    "sh",
                    "-c",
                    "rustup target list --installed | grep aarch64-unknown-linux-gnu",
                ]),
                must: true,
                how: "rustup target add aarch64-unknown-linux-gnu; or have Architecture be x86_64 in template.yaml",
            },
            SAM,
            CARGO_LAMBDA,
        ],
    },
    Purpose {
        title: "Deploy",
        by: "sam deploy",
        needs: &[
            Need {
                what: "AWS credentials",
                look: Look::Is(account::credentials),
                must: true,
                how: "aws configure sso, or AWS_ACCESS_KEY_ID and what belongs to it",
            },
            Need {
                what: "AWS region",
                look: Look::Is(account::region),
                must: true,
                how: "AWS_DEFAULT_REGION, or aws configure",
            },
            SAM,
        ],
    },
];

fn free(port: u16) -> Option<String> {
    devstack::require_free(port, "").ok().map(|()| format!("{port} is free"))
}
