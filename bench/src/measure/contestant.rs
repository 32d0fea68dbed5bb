//! Who is measured, and how each is started.

use std::process::Command;
use std::rc::Rc;

use crate::load::{Resume, Transport, Wire};

/// A server that publishes what it is told on its standard input.
#[derive(Debug, Clone, Copy)]
pub struct Contestant {
    /// As it stands in the tables.
    pub name: &'static str,
    /// What it can do.
    pub transports: &'static [Transport],
}

const ALL: &[Transport] = &Transport::ALL;
const STREAMS: &[Transport] = &[Transport::Ws, Transport::Sse];
const WS: &[Transport] = &[Transport::Ws];

/// One send a connection and event.
pub(super) const LIMIT: Contestant = Contestant { name: "limit", transports: ALL };
/// One send a connection and burst.
pub(super) const COALESCED: Contestant = Contestant { name: "limit-coalesced", transports: ALL };
/// A loop of blocking sends, for which `limit` itself is measured.
pub(super) const BARE: Contestant = Contestant { name: "bare", transports: STREAMS };
/// All others, in the order of the tables.
pub(super) const CONTESTANTS: &[Contestant] = &[
    Contestant { name: "triwire", transports: ALL },
    Contestant { name: "axum", transports: ALL },
    Contestant { name: "axum-split", transports: WS },
    Contestant { name: "axum-tuned", transports: STREAMS },
];

impl Contestant {
    /// What starts it.
    ///
    /// # Errors
    /// When something that it needs is not there.
    pub fn command(&self) -> Result<Command, String> {
        let serve = std::env::current_exe().map_err(|error| error.to_string())?.with_file_name("serve");
        let mut command = Command::new(serve);
        command.arg(self.name);
        Ok(command)
    }

    /// Where a client asks for these rooms, and what it speaks.
    #[must_use]
    pub fn target(&self, transport: Transport, rooms: &[u32]) -> (Rc<str>, Wire) {
        let rooms: Vec<String> = rooms.iter().map(|room| format!("channel=room:{room}")).collect();
        let wire = match transport {
            Transport::Ws => Wire::Ws,
            Transport::Sse => Wire::Sse,
            Transport::Poll => Wire::Poll(Resume::Position),
        };
        (format!("/{}?{}", transport.name(), rooms.join("&")).into(), wire)
    }
}
