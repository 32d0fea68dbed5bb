//! curl, a client that knows nothing of us.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Far above what anything here takes, below what a person would wait.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A request whose answer comes line by line.
pub(super) struct Curl {
    _process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Curl {
    /// Asks, and shows the answer's head too.
    pub(super) fn get(address: SocketAddr, path: &str) -> Self {
        let mut process = Command::new("curl")
            .args(["--silent", "--no-buffer", "--include", "--header", "Accept-Encoding: gzip"])
            .arg(format!("http://{address}{path}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("curl is installed: `cargo xtask test install` does it");
        let stdout = process.stdout.take().expect("its output is piped");
        Self { _process: process, lines: BufReader::new(stdout).lines() }
    }

    /// The next line that contains this; the lines before it are returned too, the last is it.
    pub(super) async fn until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.expect("lines of text") {
                seen.push(line);
                if seen.last().is_some_and(|line| line.contains(text)) {
                    return true;
                }
            }
            false
        });
        assert_eq!(found.await, Ok(true), "`{text}` comes; what came is {seen:#?}");
        seen
    }

    /// All that comes, as bytes may be compressed.
    pub(super) async fn rest(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut reader = self.lines.into_inner();
        tokio::time::timeout(PATIENCE, reader.read_to_end(&mut bytes)).await.expect("it ends").expect("it can be read");
        bytes
    }
}
