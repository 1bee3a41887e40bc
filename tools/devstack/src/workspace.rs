//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The repository's top folder, as cargo tells it when it runs a command of ours: a copied checkout must not work on the
/// one that it was copied from.
#[must_use]
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let package = env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        Path::new(&package).parent().expect("packages of commands lie one level below the workspace").to_owned()
    })
}

/// The git-ignored folder for what `cargo xtask` installs and writes.
pub(crate) fn tools_dir() -> PathBuf {
    root().join(".tools")
}
