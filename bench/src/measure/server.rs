//! A contestant that runs: what it is told, and what the kernel says it used.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::memory::Memory;
use super::{Contestant, nchan};
use crate::event::{Publish, now};
use crate::load::{CONNECTING, Load, Transport};

/// How long a server has to end by itself once its input has ended.
const END: Duration = Duration::from_secs(2);
/// A server is at rest when it used nothing for this long.
const REST: Duration = Duration::from_millis(2);

/// A running contestant; it ends when this is dropped.
pub struct Server {
    contestant: Contestant,
    child: Child,
    input: Input,
    address: SocketAddr,
    published: u64,
}

/// Where it is told what to publish.
enum Input {
    /// Lines on its standard input.
    Lines(ChildStdin),
    /// Requests to nginx.
    Posts(TcpStream),
    Ended,
}

impl Server {
    /// Starts it on the first core, or the first two.
    ///
    /// # Errors
    /// When it does not start, or does not say its port.
    pub fn start(contestant: Contestant, cores: usize) -> Result<Self, String> {
        let pinned = |command: &Command| {
            let mut pinned = Command::new("taskset");
            pinned.args(["-c", if cores == 1 { "0" } else { "0,1" }]).arg(command.get_program()).args(command.get_args());
            pinned.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())
        };
        if contestant.is_nchan() {
            let (command, address) = nchan::command(cores)?;
            let mut server = Self { contestant, child: pinned(&command)?, input: Input::Ended, address, published: 0 };
            server.input = Input::Posts(nchan::connect(address)?);
            return Ok(server);
        }
        let mut child = pinned(&contestant.command()?)?;
        let (input, output) = (child.stdin.take().expect("it is piped"), child.stdout.take().expect("it is piped"));
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let mut server = Self { contestant, child, input: Input::Lines(input), address, published: 0 };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
        let port = line.strip_prefix("ready ").and_then(|port| port.trim().parse().ok());
        server.address.set_port(port.ok_or_else(|| format!("it said `{}` and not its port", line.trim()))?);
        Ok(server)
    }

    pub(super) fn name(&self) -> &'static str {
        self.contestant.name
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// So many clients, all in the rooms named.
    pub(super) fn clients(&self, transport: Transport, rooms: &[u32], count: usize) -> Result<Load, String> {
        self.connect(transport, &vec![self.contestant.target(transport, rooms).0; count], CONNECTING)
    }

    /// A client for each path, so many coming at once.
    pub(super) fn connect(&self, transport: Transport, paths: &[Rc<str>], at_once: usize) -> Result<Load, String> {
        let (_, wire) = self.contestant.target(transport, &[]);
        let mut load = Load::new(self.address, wire).map_err(|error| error.to_string())?;
        load.connect(paths, at_once)?;
        Ok(load)
    }

    /// Has it publish so many events on each of the first rooms, at once.
    ///
    /// # Errors
    /// When it has ended.
    pub fn publish(&mut self, rooms: u32, count: u64, bytes: usize) -> Result<(), String> {
        let publish = Publish { room: 0, rooms, first: self.published + 1, count, bytes, at: now() };
        self.published += count * u64::from(rooms);
        let published = match &mut self.input {
            Input::Lines(input) => input.write_all(format!("{publish}\n").as_bytes()),
            Input::Posts(stream) => nchan::publish(stream, publish),
            Input::Ended => Ok(()),
        };
        published.map_err(|error| format!("{} takes no input: {error}", self.contestant.name))
    }

    /// The time that all its threads and children have used, once it is at rest.
    ///
    /// # Errors
    /// When the kernel does not say, or it does not come to rest within a second.
    pub fn cpu(&self) -> Result<Duration, String> {
        let begun = Instant::now();
        let mut before = cpu(self.child.id());
        loop {
            std::thread::sleep(REST);
            let after = cpu(self.child.id());
            if after == before || begun.elapsed() > Duration::from_secs(1) {
                return after.map_err(|error| format!("{}: {error}", self.contestant.name));
            }
            before = after;
        }
    }

    pub(super) fn memory(&self) -> Result<Memory, String> {
        Memory::of(&tree(self.child.id())?).map_err(|error| format!("{}: {error}", self.contestant.name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.input = Input::Ended;
        if self.contestant.is_nchan() {
            // Killed, it would leave its workers behind.
            let _ = Pid::from_raw(self.child.id().cast_signed()).map(|pid| kill_process(pid, Signal::TERM));
        }
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if begun.elapsed() > END {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A process and all below it.
fn tree(root: u32) -> Result<Vec<u32>, String> {
    let (mut tree, mut next) = (vec![root], 0);
    while let Some(process) = tree.get(next).copied() {
        next += 1;
        for task in tasks(process)? {
            let children = fs::read_to_string(task.join("children")).unwrap_or_default();
            tree.extend(children.split_ascii_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    Ok(tree)
}

fn tasks(process: u32) -> Result<Vec<std::path::PathBuf>, String> {
    let folder = Path::new("/proc").join(process.to_string()).join("task");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
}

/// The first number of `schedstat`: nanoseconds on a core, with what the kernel did meanwhile for its sockets.
fn cpu(root: u32) -> Result<Duration, String> {
    let mut nanoseconds = 0;
    for process in tree(root)? {
        for task in tasks(process)? {
            // A thread may end while we look.
            let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
            nanoseconds += text.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
        }
    }
    Ok(Duration::from_nanos(nanoseconds))
}
