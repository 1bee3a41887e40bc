//! Paths in the workspace.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The repository's top folder, from the variable that cargo sets at run time: a binary in a copied
/// checkout must not work on the original.
#[must_use]
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let package = env::var("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let top =
            Path::new(&package).ancestors().find(|folder| folder.join("template.yaml").is_file());
        top.expect("a package lies below the folder of the template").to_owned()
    })
}

/// Where cargo and cargo-lambda put what they build: `CARGO_TARGET_DIR`, or else `target`.
#[must_use]
pub fn target_dir() -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(folder)
}

/// The git-ignored folder for what `cargo xtask` installs and writes.
pub(crate) fn tools_dir() -> PathBuf {
    root().join(".tools")
}
