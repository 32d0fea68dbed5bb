//! The whole way of a measurement, as small as it can be; nothing is timed.

use std::path::Path;
use std::process::Command;

#[test]
fn fanout_measures_the_limit_and_triwire() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fanout");
    let mut run = Command::new(env!("CARGO_BIN_EXE_run"));
    run.args(["fanout", "--subscribers", "10", "--slices", "1", "--only", "triwire", "--out"]).arg(&folder);
    let output = run.output().expect("the runner starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for name in ["| limit ", "| triwire "] {
        let lines = said.lines().filter(|line| line.starts_with(name) && line.contains(|figure: char| figure.is_ascii_digit()));
        assert_eq!(lines.count(), 3, "one `{name}` for each transport, with figures:\n{said}");
    }
    for complaint in ["absent", "lost", "out of order", "malformed", "clients ended"] {
        assert!(!said.contains(complaint), "{said}");
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it was written");
    let figures: serde_json::Value = serde_json::from_str(&read("fanout.json")).expect("it is JSON");
    assert_eq!(figures["tables"][0]["rows"].as_array().map(Vec::len), Some(2), "{figures:#}");
    assert!(read("fanout.svg").contains(">triwire</text>") && read("fanout.md").contains("| triwire "));
}
