//! How it is measured: contestant and limit in turns, on one machine, so that what else the machine does falls on both alike.

mod chart;
mod contestant;
mod fanout;
mod options;
mod pair;
mod report;
mod sample;
mod server;

use std::process::Command;

use rustix::thread::{CpuSet, sched_setaffinity};

pub use contestant::Contestant;
pub use options::{HELP, Options};
pub use report::{Cell, Report, Row, Table};
pub use sample::{Sample, percentile};
pub use server::Server;

/// Measures one workload and returns what came out.
///
/// # Errors
/// When there is none of this name, or something that it needs is not there.
pub fn run(workload: &str, words: &[String]) -> Result<Report, String> {
    let options = Options::read(workload, words)?;
    let alone = stand_apart()?;
    let mut report = match workload {
        "fanout" => fanout::run(&options)?,
        _ => return Err(format!("there is no workload `{workload}`: fanout")),
    };
    report.notes.push(alone);
    report.write(&options.out)?;
    Ok(report)
}

/// Takes the second core for the load, and for all that is measured a priority above what else runs here, where we may: a server that is
/// put aside in mid-slice finds its caches full of what others did.
fn stand_apart() -> Result<String, String> {
    let mut core = CpuSet::new();
    core.set(1);
    sched_setaffinity(None, &core).map_err(|error| format!("the second core, for the load, is not to be had: {error}"))?;
    let chrt = Command::new("chrt").args(["-r", "-p", "1", &std::process::id().to_string()]).output();
    let is_first = chrt.is_ok_and(|output| output.status.success());
    Ok(if is_first {
        "Load and servers ran before all else (`chrt -r 1`)."
    } else {
        "Load and servers shared their cores with what else ran."
    }
    .into())
}
