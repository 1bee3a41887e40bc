//! Records what held under which fault, for docs/reports/reliability.md.

use std::env;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde_json::json;

/// Appends a JSON line to the file that `E2E_REPORT` names, if it is set: the call that failed, the
/// injected fault, what still held, and the name of the test.
pub fn held(place: &str, injected: &str, held: &str) {
    let Ok(report) = env::var("E2E_REPORT") else { return };
    let binary = env::current_exe().unwrap_or_default();
    let suite =
        binary.file_stem().and_then(|name| name.to_str()).and_then(|name| name.split('-').next());
    // libtest names a test's thread after the test.
    let test = format!(
        "{}::{}",
        suite.unwrap_or_default(),
        std::thread::current().name().unwrap_or_default()
    );
    let line = json!({ "place": place, "injected": injected, "held": held, "test": test });
    let file = File::options().append(true).open(Path::new(&report));
    // A single write, so that lines of concurrent tests do not mix.
    let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    written.unwrap_or_else(|error| panic!("{report}: {error}"));
}
