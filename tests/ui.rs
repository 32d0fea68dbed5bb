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

/// Who made one mistake reads one error, at a glance.
#[test]
fn an_error_is_less_than_twenty_lines() {
    let topics = std::fs::read_dir("ui/fail").expect("a test runs in its package").map(|topic| topic.expect("it is read").path());
    let cases =
        topics.flat_map(|topic| std::fs::read_dir(topic).expect("a topic is a folder")).map(|case| case.expect("it is read").path());
    let words: Vec<_> = cases.filter(|case| case.extension().is_some_and(|kind| kind == "stderr")).collect();
    assert!(words.len() > 150, "{} cases: they are elsewhere", words.len());
    for case in words {
        let text = std::fs::read_to_string(&case).expect("it is text");
        for error in text.split("\n\n") {
            let lines = error.trim().lines().count();
            assert!(lines < 20, "{}: an error of {lines} lines\n{error}", case.display());
        }
    }
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("a test is run where rustc is");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
