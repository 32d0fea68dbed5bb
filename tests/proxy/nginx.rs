//! nginx with the book's configuration, of which only the two ports are changed.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::book::{block, replaced};

pub(super) struct Nginx {
    pub(super) address: SocketAddr,
    folder: PathBuf,
    _process: Child,
}

impl Nginx {
    /// Starts it before this application, as the book says; none where it is not installed.
    pub(super) async fn start(name: &str, upstream: SocketAddr) -> Option<Self> {
        Self::start_with(name, |address| book_server(address, upstream)).await
    }

    /// Starts it with nothing but a `proxy_pass`: what somebody has who has read nothing.
    pub(super) async fn bare(name: &str, upstream: SocketAddr) -> Option<Self> {
        let server = |address| format!("server {{ listen {address}; location / {{ proxy_pass http://{upstream}; }} }}");
        Self::start_with(name, server).await
    }

    async fn start_with(name: &str, server: impl FnOnce(SocketAddr) -> String) -> Option<Self> {
        let program = ["nginx", "/usr/sbin/nginx"].into_iter().find(|program| answers(program))?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder of the test's own");
        fs::remove_file(folder.join("access.log")).ok();
        // Free a moment ago; another test that takes it in between makes nginx end, and this test say so.
        let address = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port");
        fs::write(folder.join("nginx.conf"), configuration(&server(address))).expect("the configuration can be written");
        let mut process = Command::new(program)
            .args(["-c", "nginx.conf", "-e", "error.log", "-p"])
            .arg(&folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nginx starts");
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("nginx ended with {status}: see {}", folder.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(Self { address, folder, _process: process })
    }

    /// Waits until it has answered 502 in the application's place.
    pub(super) async fn wait_for_502(&self) {
        let log = self.folder.join("access.log");
        while !fs::read_to_string(&log).is_ok_and(|log| log.lines().any(|line| line.contains("/live/sse") && line.contains(" 502 "))) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn answers(program: &str) -> bool {
    std::process::Command::new(program).arg("-v").output().is_ok_and(|output| output.status.success())
}

/// The book's text, of which the two ports are changed.
fn book_server(address: SocketAddr, upstream: SocketAddr) -> String {
    let book = replaced(block("nginx"), "server 127.0.0.1:3000;", &format!("server {upstream};"));
    replaced(&book, "listen 80;", &format!("listen {address};"))
}

/// What a server's text stands in: one process, which can be killed with all its streams, and every path in its own folder.
fn configuration(server: &str) -> String {
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {name};\n")).concat();
    format!("daemon off;\nmaster_process off;\npid nginx.pid;\nevents {{}}\nhttp {{\naccess_log access.log;\n{paths}{server}\n}}\n")
}
