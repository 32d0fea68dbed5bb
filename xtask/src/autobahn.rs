//! Autobahn's cases, which every WebSocket implementation is held to, against the codec.

use crate::python;
use crate::shell::{cargo, command, run, target};
use crate::steps::Verdict;

/// Those that fit into every run: all but some whose data is large.
pub(crate) fn step() -> Result<Verdict, String> {
    cases(&[]).map(Verdict::from)
}

/// All of them.
pub(crate) fn all() -> Result<(), String> {
    cases(&["--all"])
}

fn cases(options: &[&str]) -> Result<(), String> {
    let python = python::with("tests/autobahn/requirements.txt")?;
    run(&mut cargo(&["build", "-p", "triwire-tests", "--bin", "echo"]))?;
    run(command(&python, &["tests/autobahn/cases.py"]).args(options).env("TRIWIRE_BIN", target().join("debug")))
}
