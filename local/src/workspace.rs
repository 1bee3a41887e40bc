//! Where things lie.

use std::path::{Path, PathBuf};

/// The repository's top folder.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies one level below the workspace")
}

/// The git-ignored folder for what `cargo xtask` installs and writes.
pub(crate) fn tools_dir() -> PathBuf {
    root().join(".tools")
}
