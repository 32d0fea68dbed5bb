//! How it is measured: contestant and limit in turns, on one machine, so that what else the machine does falls on both alike.

mod chart;
mod contestant;
mod core;
mod deflate;
mod fanout;
mod goals;
mod growth;
mod idle;
mod latency;
mod memory;
mod nchan;
mod options;
mod pair;
mod profile;
mod report;
mod rooms;
mod sample;
mod server;
mod slow;
mod storm;

use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};

pub use contestant::Contestant;
pub use options::{HELP, Options};
pub use report::{Report, Row, Table};
pub use sample::{Sample, percentile};
pub use server::Server;

/// Clients of two servers with ten thousand each, and some.
const FILES: u64 = 65_536;

/// Measures one workload and returns what came out.
///
/// # Errors
/// When there is none of this name, or something that it needs is not there.
pub fn run(workload: &str, words: &[String]) -> Result<Report, String> {
    let options = Options::read(workload, words)?;
    let alone = stand_apart();
    more_files()?;
    let mut report = match workload {
        "core" => core::run(&options)?,
        "deflate" => deflate::run(&options)?,
        "fanout" => fanout::run(&options)?,
        "growth" => growth::run(&options)?,
        "idle" => idle::run(&options)?,
        "latency" => latency::run(&options)?,
        "rooms" => rooms::run(&options)?,
        "slow" => slow::run(&options)?,
        "storm" => storm::run(&options)?,
        _ => return Err(format!("there is no workload `{workload}`: core, deflate, fanout, growth, idle, latency, rooms, slow, storm")),
    };
    report.notes.push(alone);
    let judged = goals::judge(&report);
    report.goals.extend(judged);
    report.write(&options.out)?;
    Ok(report)
}

/// Takes the second core for the load, and for all that is measured a priority above what else runs here, where we may: a server that is
/// put aside in mid-slice finds its caches full of what others did.
fn stand_apart() -> String {
    let mut core = CpuSet::new();
    core.set(1);
    let apart = if sched_setaffinity(None, &core).is_ok() { "a core of its own" } else { "no core of its own: there is but one" };
    let chrt = Command::new("chrt").args(["-r", "-p", "1", &std::process::id().to_string()]).output();
    let is_first = chrt.is_ok_and(|output| output.status.success());
    let rank = if is_first { "before all else (`chrt -r 1`)" } else { "beside what else ran, for we may not go first" };
    format!("The load had {apart}; it and the servers ran {rank}.")
}

/// Raises what a process may hold open, here and so in the servers: a socket is a file.
fn more_files() -> Result<(), String> {
    let hard = getrlimit(Resource::Nofile).maximum;
    // Root may go above the hard limit.
    let limits = [Some(FILES.max(hard.unwrap_or(FILES))), hard];
    let raised = limits.into_iter().any(|files| setrlimit(Resource::Nofile, Rlimit { current: files, maximum: files }).is_ok());
    if raised { Ok(()) } else { Err("the limit of open files cannot be raised".into()) }
}
