//! Who is measured, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use crate::load::{Resume, Transport, Wire};

/// A server that publishes what it is told.
#[derive(Debug, Clone, Copy)]
pub struct Contestant {
    /// As it stands in the tables.
    pub name: &'static str,
    /// What it can do.
    pub transports: &'static [Transport],
    kind: Kind,
}

/// What it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `serve NAME`.
    Ours,
    /// `serve triwire`, whose clients offer to take texts compressed.
    OursDeflate,
    /// socketioxide: the same, and speaks Socket.IO.
    OursSocketIo,
    /// A script for Node, in `peers`.
    Node,
    /// One that speaks Socket.IO.
    NodeSocketIo,
    /// A script for Bun.
    Bun,
    /// nginx, which is published to by HTTP.
    Nchan,
}

const ALL: &[Transport] = &Transport::ALL;
const STREAMS: &[Transport] = &[Transport::Ws, Transport::Sse];
const WS: &[Transport] = &[Transport::Ws];

const fn ours(name: &'static str, transports: &'static [Transport]) -> Contestant {
    Contestant { name, transports, kind: Kind::Ours }
}

/// One send a connection and event.
pub(super) const LIMIT: Contestant = ours("limit", ALL);
/// One send a connection and burst.
pub(super) const COALESCED: Contestant = ours("limit-coalesced", ALL);
/// A loop of blocking sends, for which `limit` itself is measured.
pub(super) const BARE: Contestant = ours("bare", STREAMS);
/// What `deflate` measures, and what beside it.
pub(super) const DEFLATED: Contestant = Contestant { name: "triwire-deflate", transports: WS, kind: Kind::OursDeflate };
pub(super) const PLAIN: Contestant = ours("triwire", ALL);
/// All others, in the order of the tables.
pub(super) const CONTESTANTS: &[Contestant] = &[
    PLAIN,
    ours("triwire-guarded", ALL),
    ours("triwire-axum", ALL),
    ours("axum", ALL),
    ours("axum-split", WS),
    ours("axum-tuned", STREAMS),
    Contestant { name: "socketioxide", transports: WS, kind: Kind::OursSocketIo },
    Contestant { name: "nchan", transports: ALL, kind: Kind::Nchan },
    Contestant { name: "bun", transports: ALL, kind: Kind::Bun },
    Contestant { name: "node", transports: STREAMS, kind: Kind::Node },
    Contestant { name: "socketio", transports: WS, kind: Kind::NodeSocketIo },
];

/// Bun's program, as npm brings it.
const BUN: &str = "node_modules/@oven/bun-linux-x64/bin/bun";

impl Contestant {
    /// Whether it is nginx: no other is published to by HTTP.
    pub(super) fn is_nchan(&self) -> bool {
        self.kind == Kind::Nchan
    }

    /// What starts it; for nginx this is `nchan`'s.
    ///
    /// # Errors
    /// When something that it needs is not there.
    pub(super) fn command(&self) -> Result<Command, String> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let there = |path: &str| {
            let path = peers.join(path);
            if path.exists() { Ok(path) } else { Err("its packages are not installed (`npm ci` in bench/peers)".to_owned()) }
        };
        let (program, argument) = match self.kind {
            Kind::Ours | Kind::OursDeflate | Kind::OursSocketIo | Kind::Nchan => {
                let runner = std::env::current_exe().map_err(|error| error.to_string())?;
                let name = if self.kind == Kind::OursDeflate { PLAIN.name } else { self.name };
                (runner.with_file_name("serve"), PathBuf::from(name))
            }
            Kind::Node | Kind::NodeSocketIo => {
                there("node_modules/ws")?;
                (PathBuf::from("node"), peers.join(self.name).with_extension("mjs"))
            }
            Kind::Bun => (there(BUN)?, peers.join(self.name).with_extension("mjs")),
        };
        let mut command = Command::new(program);
        command.arg(argument);
        Ok(command)
    }

    /// Where a client asks for these rooms, and what it speaks.
    #[must_use]
    pub(super) fn target(&self, transport: Transport, rooms: &[u32]) -> (Rc<str>, Wire) {
        let rooms: Vec<String> = rooms.iter().map(|room| format!("room:{room}")).collect();
        // nchan takes one list.
        let query = format!("channel={}", rooms.join(if self.is_nchan() { "," } else { "&channel=" }));
        let path = format!("/{}?{query}", transport.name());
        match (transport, self.kind) {
            (_, Kind::OursSocketIo | Kind::NodeSocketIo) => {
                (format!("/socket.io/?EIO=4&transport=websocket&{query}").into(), Wire::SocketIo)
            }
            (Transport::Ws, Kind::OursDeflate) => (path.into(), Wire::WsDeflate),
            (Transport::Ws, _) => (path.into(), Wire::Ws),
            (Transport::Sse, _) => (path.into(), Wire::Sse),
            (Transport::Poll, Kind::Nchan) => (path.into(), Wire::Poll(Resume::Etag)),
            (Transport::Poll, _) => (path.into(), Wire::Poll(Resume::Position)),
        }
    }
}
