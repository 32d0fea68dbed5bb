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
        let lines = said.lines().filter(|line| line.starts_with(name) && line.contains(|figure: char| figure.is_ascii_digit()));
        assert_eq!(lines.count(), 2, "one `{name}` for each order, with figures:\n{said}");
    }
    assert_eq!(said.matches("to be at most 25.0").count(), 2, "{said}");
}

#[test]
fn growth_measures_every_size_that_it_may() {
    let said = run("growth", &["--subscribers", "1000", "--slices", "1"]);
    for (title, rows) in [
        (
            "an idle channel with",
            vec!["1 events", "16 events", "256 events", "1,280 events", "one reader, no event", "1 event, kept for 1 s"],
        ),
        ("channels without subscribers", vec!["10", "1,000"]),
        ("another task's turns", vec!["publish to 1,000", "1,000 channels made", "1,000 channels gone", "room among 1,000 channels"]),
        ("subscribers, in a row", vec!["100", "1,000"]),
        ("subscribers, in any order", vec!["100", "1,000"]),
    ] {
        let table = said.split("\n\n").find(|table| table.trim_start().starts_with(&format!("| {title} ")));
        let table = table.unwrap_or_else(|| panic!("no table of {title}:\n{said}"));
        let names = table.trim().lines().skip(2).map(|line| line.trim_start_matches("| ").split(" |").next().unwrap_or_default().trim());
        assert_eq!(names.collect::<Vec<_>>(), rows, "{title}:\n{said}");
    }
    for name in ["one reader, no event", "1 event, kept for 1 s"] {
        let line = said.lines().find(|line| line.contains(name)).expect("it has its line");
        assert!(line.trim_end().trim_end_matches('|').trim_end().ends_with("| 0.00"), "all are gone: {line}");
    }
}
