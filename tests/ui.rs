//! Enums that people write: `ui/pass` compiles, runs and holds what it asserts; `ui/fail` is one clear error each.
//!
//! After a change of a message: `TRYBUILD=overwrite cargo test -p triwire-tests --test ui`, then read the difference as prose.

use std::io::Write;
use std::process::Command;

/// The compiler whose words the `.stderr` files have; each writes them a little differently.
const BLESSED_BY: &str = "rustc 1.95.";

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/**/*.rs");
    let compiler = compiler();
    if compiler.starts_with(BLESSED_BY) {
        cases.compile_fail("ui/fail/**/*.rs");
    } else {
        // Past the capture of the test's output: who runs another compiler should see that a part was left out.
        let skipped = format!("ui/fail is skipped: its messages are those of `{BLESSED_BY}x`, and this is `{}`", compiler.trim());
        writeln!(std::io::stderr(), "{skipped}").expect("stderr is open");
    }
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("a test is run where rustc is");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
