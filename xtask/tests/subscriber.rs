//! `cargo xtask new subscriber` and `remove subscriber` on a copy of the repository.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use devstack::root;
use tempfile::TempDir;

/// A copy with one commit.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Self {
        let copy = Self { folder: tempfile::tempdir().expect("a folder can be created") };
        let list = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"];
        let files = Command::new("git").args(list).current_dir(root()).output().expect("git runs");
        let files = String::from_utf8(files.stdout).expect("file names are UTF-8");
        for file in files.lines().filter(|file| root().join(file).is_file()) {
            let to = copy.path(file);
            fs::create_dir_all(to.parent().expect("a file lies in a folder"))
                .expect("a folder can be created");
            fs::copy(root().join(file), to).expect("a file can be copied");
        }
        copy.git(&["init", "--quiet"]);
        copy.commit();
        copy
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let author = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost"];
        let mut git = Command::new("git");
        git.args(author).args(arguments).current_dir(self.folder.path());
        let output = git.output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a state"]);
    }

    /// Fails if there are changes since the commit.
    fn assert_equals(&self, commit: &str) {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        assert_eq!(self.git(&["diff", "--stat", commit]), "");
    }

    /// Runs `cargo xtask` with a folder before the others of the path. Returns what it prints, as
    /// an error if it fails.
    fn try_xtask(&self, arguments: &[&str], folder: &Path) -> Result<String, String> {
        let others = env::var("PATH").expect("there is a path");
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask
            .args(arguments)
            .current_dir(self.folder.path())
            .env("CARGO_MANIFEST_DIR", self.path("xtask"))
            .env("PATH", format!("{}:{others}", folder.display()));
        let output = xtask.output().expect("xtask runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn xtask(&self, arguments: &[&str]) -> String {
        let result = self.try_xtask(arguments, Path::new("."));
        result.unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    fn xtask_error(&self, arguments: &[&str]) -> String {
        let result = self.try_xtask(arguments, Path::new("."));
        result.expect_err(&format!("{arguments:?} should fail"))
    }

    /// Adds `specimen` and commits it.
    fn with_specimen() -> Self {
        let copy = Self::new();
        copy.xtask(&["new", "subscriber", "specimen"]);
        copy.commit();
        copy
    }
}

const REMOVE: [&str; 3] = ["remove", "subscriber", "specimen"];

#[test]
fn dry_runs_write_nothing_and_show_what_is_written() {
    let copy = Copy::new();
    let shown = copy.xtask(&["new", "subscriber", "specimen", "--dry-run"]);
    copy.assert_equals("HEAD");
    copy.xtask(&["new", "subscriber", "specimen"]);
    for file in ["Cargo.toml", "src/main.rs", "src/handler.rs"] {
        let text = fs::read_to_string(copy.path("functions/specimen").join(file)).unwrap();
        let added = format!("+{}\n", text.trim_end().replace('\n', "\n+"));
        assert!(shown.contains(&added), "{file}\n{shown}");
    }
    copy.commit();
    copy.xtask(&[&REMOVE[..], &["--dry-run"]].concat());
    copy.assert_equals("HEAD");
    copy.xtask(&REMOVE);
    copy.commit();
    copy.assert_equals("HEAD~2");
}

#[test]
fn failed_addition_leaves_nothing() {
    let copy = Copy::new();
    let failing = tempfile::tempdir().unwrap();
    let cargo = failing.path().join("cargo");
    fs::write(&cargo, "#!/bin/sh\necho >> Cargo.lock\nexit 1\n").unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = ["new", "subscriber", "specimen"];
    let error = copy.try_xtask(&arguments, failing.path()).unwrap_err();
    assert!(error.contains("nothing is changed"), "{error}");
    copy.assert_equals("HEAD");
}

#[test]
fn either_half_of_a_subscriber_is_removed() {
    let copy = Copy::with_specimen();
    copy.git(&["checkout", "--quiet", "HEAD~1", "--", "template.yaml"]);
    copy.commit();
    let error = copy.xtask_error(&["new", "subscriber", "specimen"]);
    assert!(error.contains("`cargo xtask remove subscriber specimen` removes it"), "{error}");
    let removed = copy.xtask(&REMOVE);
    assert!(
        removed.contains("Removed the subscriber specimen: functions/specimen, and"),
        "{removed}"
    );
    copy.commit();
    copy.assert_equals("HEAD~3");

    let copy = Copy::with_specimen();
    fs::remove_dir_all(copy.path("functions/specimen")).unwrap();
    let error = copy.xtask_error(&["new", "subscriber", "specimen"]);
    assert!(error.contains("`cargo xtask remove subscriber specimen` removes it"), "{error}");
    let removed = copy.xtask(&REMOVE);
    assert!(removed.contains("specimen: its part of template.yaml, and"), "{removed}");
    copy.commit();
    copy.assert_equals("HEAD~2");

    let source = copy.path("functions/specimen/src/main.rs");
    fs::create_dir_all(source.parent().unwrap()).unwrap();
    fs::write(source, "").unwrap();
    copy.xtask(&[&REMOVE[..], &["--force"]].concat());
    copy.assert_equals("HEAD");
    assert!(copy.xtask_error(&REMOVE).contains("there is no subscriber specimen"));
}

#[test]
fn changes_that_are_not_committed_are_kept() {
    let copy = Copy::with_specimen();
    let template = fs::read_to_string(copy.path("template.yaml")).unwrap();
    let row = "      Name: specimen\n";
    for (file, text) in [
        ("template.yaml", template.replace(row, &format!("{row}      # A comment.\n"))),
        ("functions/specimen/src/notes.md", "Notes.\n".to_owned()),
    ] {
        fs::write(copy.path(file), text).unwrap();
        for dry_run in [&[][..], &["--dry-run"]] {
            let error = copy.xtask_error(&[&REMOVE[..], dry_run].concat());
            assert!(error.contains("changes that are not committed"), "{error}");
        }
        copy.git(&["stash", "--include-untracked", "--quiet"]);
    }
    let other = template.replace("    Default: 256\n", "    Default: 512\n");
    fs::write(copy.path("template.yaml"), other).unwrap();
    copy.xtask(&REMOVE);
}

#[test]
fn only_subscribers_are_removed() {
    let copy = Copy::new();
    for (name, why) in [
        ("orders", "functions/orders is not a subscriber"),
        ("fulfilment", "other parts of template.yaml use fulfilment"),
        ("shop", "there is no subscriber shop"),
    ] {
        let error = copy.xtask_error(&["remove", "subscriber", name, "--force"]);
        assert!(error.contains(why), "{error}");
    }
    copy.assert_equals("HEAD");
}
