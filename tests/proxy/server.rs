//! nginx and Caddy with the book's configurations, of which only host and ports are changed.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::book::{block, replaced};

/// A proxy before an application, in a folder of its own; it ends with the test.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    folder: PathBuf,
    _process: Child,
}

impl Proxy {
    /// nginx as the book says; none where it is not installed.
    pub(super) async fn nginx(name: &str, upstream: SocketAddr) -> Option<Self> {
        Self::nginx_with(name, |address| {
            let server = replaced(block("nginx"), "server 127.0.0.1:3000;", &format!("server {upstream};"));
            replaced(&server, "listen 80;", &format!("listen {address};"))
        })
        .await
    }

    /// nginx with nothing but a `proxy_pass`: what somebody has who has read nothing.
    pub(super) async fn bare_nginx(name: &str, upstream: SocketAddr) -> Option<Self> {
        Self::nginx_with(name, |address| format!("server {{ listen {address}; location / {{ proxy_pass http://{upstream}; }} }}")).await
    }

    /// Caddy as the book says; none where it is not installed.
    pub(super) async fn caddy(name: &str, upstream: SocketAddr) -> Option<Self> {
        let arguments = ["run", "--config", "proxy.conf", "--adapter", "caddyfile"];
        Self::start(name, &["caddy"], &arguments, |address| {
            // By its own address and without TLS, and without the port on which others could change its configuration.
            let site = replaced(block("caddyfile"), "app.example", &format!("http://{address}"));
            let site = replaced(&site, "127.0.0.1:3000", &upstream.to_string());
            format!("{{\n\tadmin off\n\tauto_https off\n}}\n\n{site}")
        })
        .await
    }

    /// One process, which can be killed with all its streams, and every path in its own folder.
    async fn nginx_with(name: &str, server: impl FnOnce(SocketAddr) -> String) -> Option<Self> {
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {name};\n")).concat();
        let arguments = ["-p", ".", "-c", "proxy.conf", "-e", "error.log"];
        Self::start(name, &["nginx", "/usr/sbin/nginx"], &arguments, |address| {
            let server = server(address);
            format!("daemon off;\nmaster_process off;\npid nginx.pid;\nevents {{}}\nhttp {{\naccess_log access.log;\n{paths}{server}\n}}\n")
        })
        .await
    }

    async fn start(name: &str, programs: &[&str], arguments: &[&str], configuration: impl FnOnce(SocketAddr) -> String) -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder of the test's own");
        fs::remove_file(folder.join("access.log")).ok();
        // Free a moment ago; another test that takes it in between makes the proxy end, and this test say so.
        let address = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port");
        fs::write(folder.join("proxy.conf"), configuration(address)).expect("the configuration can be written");
        let mut process = programs.iter().find_map(|program| {
            let mut command = Command::new(program);
            // Caddy keeps what it knows at home.
            command.args(arguments).current_dir(&folder).env("HOME", &folder).env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().ok()
        })?;
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("the proxy ended with {status}: see {}", folder.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(Self { address, folder, _process: process })
    }

    /// Waits until nginx has answered 502 in the application's place.
    pub(super) async fn wait_for_502(&self) {
        let log = self.folder.join("access.log");
        while !fs::read_to_string(&log).is_ok_and(|log| log.lines().any(|line| line.contains("/live/sse") && line.contains(" 502 "))) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
