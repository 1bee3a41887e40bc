//! A clock that only the emulator's functions see, and that can be stepped, by libfaketime.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;
use tokio::process::Command;

/// Where distributions install libfaketime.
const LIBRARIES: [&str; 4] =
    ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];

/// libfaketime's library, if it is installed.
#[must_use]
pub fn libfaketime() -> Option<PathBuf> {
    let libraries = LIBRARIES.map(|folder| Path::new(folder).join("faketime/libfaketime.so.1"));
    libraries.into_iter().find(|library| library.exists())
}

/// The functions' clock. It is right until it is stepped.
#[derive(Debug)]
pub struct FunctionClock {
    library: PathBuf,
    /// libfaketime reads the offset from it at every call.
    offset: NamedTempFile,
}

impl FunctionClock {
    /// Fails if libfaketime is not installed.
    pub fn find() -> Result<Self> {
        let library = libfaketime()
            .context("no libfaketime (on Debian and Ubuntu: apt install libfaketime)")?;
        let clock = Self { library, offset: NamedTempFile::new()? };
        clock.step_to(0)?;
        Ok(clock)
    }

    /// Steps the clock to this many seconds after the real time, or before it.
    pub fn step_to(&self, seconds: i64) -> Result<()> {
        Ok(fs::write(self.offset.path(), format!("{seconds:+}\n"))?)
    }

    /// Lets the functions of an emulator have this clock. The emulator itself keeps the real one, as
    /// does a function's monotonic clock.
    pub(crate) fn set_env(&self, emulator: &mut Command) {
        emulator
            .env("FUNCTIONS_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.offset.path())
            .env("FAKETIME_NO_CACHE", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
    }
}
