//! The chat of the examples, as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

/// See the module. It is killed when it is dropped.
#[derive(Debug)]
pub struct Chat {
    /// The process.
    pub process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Chat {
    /// Builds it and starts it at a free port.
    #[must_use]
    pub fn start() -> Self {
        Self::start_by(&[])
    }

    /// Started by this command, to whose arguments the program is added.
    #[must_use]
    pub fn start_by(command: &[&str]) -> Self {
        let built = Command::new(env!("CARGO")).args(["build", "--quiet", "-p", "triwire-examples", "--bin", "chat"]).status();
        assert!(built.expect("cargo runs").success(), "the chat builds");
        let target = std::env::current_exe().expect("a test is a file").ancestors().nth(2).expect("target/debug/deps").to_owned();
        let chat = target.join("chat");
        let mut command = match command {
            [] => Command::new(chat),
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(chat);
                command
            }
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port is free").port();
        let mut process = command.env("PORT", port.to_string()).stdout(Stdio::piped()).spawn().expect("the chat starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it is piped")).read_line(&mut line).expect("the chat says where it listens");
        Self { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) }
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
