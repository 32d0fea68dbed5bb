//! What one types after the name of a workload.

use std::path::PathBuf;

use crate::load::Transport;

/// What is measured, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Pairs of slices for each contestant.
    pub slices: usize,
    /// Clients of each server.
    pub subscribers: usize,
    /// The size of an event.
    pub bytes: usize,
    /// Cores of the server.
    pub cores: usize,
    /// Contestants that are measured; all where none is named.
    pub only: Vec<String>,
    /// Transports that are measured.
    pub transports: Vec<Transport>,
    /// Where the results go.
    pub out: PathBuf,
    /// The contestant that is sampled meanwhile.
    pub profile: Option<String>,
    /// The workload.
    pub workload: String,
    /// The command, as it was typed.
    pub typed: String,
}

/// How the options are named.
pub const HELP: &str = "\
deflate  processor time a delivery, compressed beside plain, one channel of many subscribers
core     nanoseconds a delivery without sockets, beside `tokio::sync::broadcast`
fanout   processor time a delivery, one channel of many subscribers
growth   what becomes dearer with subscribers and channels, without sockets
idle     memory a client to whom nothing is sent
latency  from publish to receive, at half the rate that is possible
rooms    many channels of few subscribers; clients of many channels
slow     clients that stop reading among those that read
storm    all connect at once

--slices N            pairs of slices, contestant and limit in turn (12; idle and slow: runs, 3)
--subscribers N       clients of each server (1000; idle, core 10000, growth up to 1000000, slow 100)
--bytes N             the size of an event (150)
--cores 1|2           cores of the server; with two it shares one with the load (1)
--only NAME,…         these contestants alone
--transport NAME,…    ws, sse, poll (all)
--profile NAME        samples this one with `perf` and draws a flame graph
--out DIR             where the results go (target/bench)
--book                they go into the book";

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// When one is unknown, or has no value that fits.
    pub fn read(workload: &str, words: &[String]) -> Result<Self, String> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut options = Self {
            slices: if ["idle", "slow"].contains(&workload) { 3 } else { 12 },
            subscribers: match workload {
                "idle" | "core" => 10_000,
                "slow" => 100,
                "growth" => 1_000_000,
                _ => 1_000,
            },
            bytes: bytes(workload),
            cores: 1,
            only: Vec::new(),
            transports: Transport::ALL.to_vec(),
            out: root.join("target/bench"),
            profile: None,
            workload: workload.to_owned(),
            typed: format!("cargo xtask bench {workload} {}", words.join(" ")).trim_end().to_owned(),
        };
        let mut words = words.iter();
        while let Some(name) = words.next() {
            if name == "--book" {
                options.out = root.join("book/src/performance");
                continue;
            }
            let value = words.next().ok_or_else(|| format!("`{name}` has no value\n\n{HELP}"))?;
            let number =
                || value.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(|| format!("`{name} {value}`: give it a number"));
            let list = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
            match name.as_str() {
                "--slices" => options.slices = number()?,
                "--subscribers" => options.subscribers = number()?,
                "--bytes" => options.bytes = number()?,
                "--cores" => options.cores = number()?,
                "--only" => options.only = list(),
                "--transport" => options.transports = list().iter().map(|name| transport(name)).collect::<Result<_, _>>()?,
                "--profile" => options.profile = Some(value.clone()),
                "--out" => options.out = value.into(),
                _ => return Err(format!("`{name}` is no option\n\n{HELP}")),
            }
        }
        Ok(options)
    }

    /// What the results are called: runs that differ in more than how long they take do not write over each other.
    #[must_use]
    pub fn file(&self) -> String {
        let transport = if let [only] = self.transports[..] { format!("-{}", only.name()) } else { String::new() };
        let bytes = if self.bytes == bytes(&self.workload) { String::new() } else { format!("-{}-bytes", self.bytes) };
        let cores = if self.cores == 1 { String::new() } else { format!("-{}-cores", self.cores) };
        format!("{}{transport}{bytes}{cores}", self.workload)
    }

    /// Whether this contestant is wanted.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

/// The size of an event, where nothing else is said. Below 256 bytes nothing is compressed.
fn bytes(workload: &str) -> usize {
    if workload == "deflate" { 1_024 } else { 150 }
}

fn transport(name: &str) -> Result<Transport, String> {
    Transport::ALL.into_iter().find(|transport| transport.name() == name).ok_or_else(|| format!("`{name}` is no transport"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read("fanout", &line.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn runs_that_differ_do_not_write_over_each_other() {
        let file = |line| read(line).expect("these are options").file();
        assert_eq!(file("--slices 3"), "fanout");
        assert_eq!(file("--transport ws --bytes 4096 --cores 2"), "fanout-ws-4096-bytes-2-cores");
    }

    #[test]
    fn what_is_no_option_is_refused() {
        for line in ["--slices", "--slices 0", "--slices x", "--transport carrier-pigeon", "--what 1"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
