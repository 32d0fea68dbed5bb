//! The measurements without sockets, as small as they can be; nothing is timed.

use std::path::Path;
use std::process::Command;

fn run(workload: &str, words: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(workload);
    let mut run = Command::new(env!("CARGO_BIN_EXE_run"));
    run.arg(workload).args(words).arg("--out").arg(&folder);
    let output = run.output().expect("the runner starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn core_measures_triwire_and_broadcast_in_either_order() {
    let said = run("core", &["--subscribers", "100", "--slices", "1"]);
    for name in ["| broadcast ", "| triwire "] {
        let lines = said.lines().filter(|line| line.starts_with(name) && line.matches("..").count() >= 2);
        assert_eq!(lines.count(), 2, "one `{name}` for each order, with figures:\n{said}");
    }
    assert_eq!(said.matches("at most 25 ns a delivery").count(), 2, "{said}");
}
