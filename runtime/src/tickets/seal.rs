//! Tickets that any node with the secret opens: a user, sealed by XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), whose nonces are long
//! enough to be drawn at random.

use std::sync::Arc;
use std::time::Duration;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Sealed, TicketSecret, Tickets, Unopened, Whence};
use crate::broker::Timestamp;
use crate::hub::node::{Node, milliseconds, now};
use crate::hub::used::{Id, Use};

/// A user that can be sealed into a ticket: one that serde writes and reads.
///
/// It is implemented for every type that derives `Serialize` and `Deserialize`; [`Endpoints::tickets`](crate::Endpoints::tickets) asks for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sealed into a ticket",
    label = "`authorize` stands before `tickets`, and its user derives `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Ticketed: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<U: Serialize + DeserializeOwned> Ticketed for U {}

/// The longest ticket: it must fit into a URL, and a URL into a head.
const TICKET_BYTES: usize = 4_096;
const NONCE_BYTES: usize = size_of::<Id>();

/// See the module.
pub(crate) struct Sealer {
    node: Arc<Node>,
    cipher: XChaCha20Poly1305,
    /// What a ticket is for: one of another enum's hub does not open, whoever has the same secret.
    purpose: String,
}

/// What a ticket holds.
#[derive(Serialize)]
struct Written<'a, U> {
    user: &'a U,
    origin: Option<&'a str>,
    until: u64,
}

/// The same, read.
#[derive(Deserialize)]
struct Read<U> {
    user: U,
    origin: Option<String>,
    until: u64,
}

/// Why a ticket does not open, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum Why {
    #[error("it is no ticket")]
    Malformed,
    #[error("it was changed, or sealed by another key or for another hub")]
    Foreign,
    /// What serde says of it could quote what it holds.
    #[error("its user is not one that this program reads")]
    Unread,
    #[error("it was asked for from another origin")]
    Elsewhere,
    #[error("it was used before")]
    Used,
    #[error("it has expired")]
    Late,
    #[error("as many used tickets are remembered as the limit `tickets_used` allows")]
    Full,
}

impl Sealer {
    pub(crate) fn new(node: Arc<Node>, secret: &TicketSecret, events: &str) -> Self {
        Self { node, cipher: XChaCha20Poly1305::new(&secret.0.into()), purpose: format!("triwire ticket 1 {events}") }
    }

    fn seal(&self, user: &impl Serialize, whence: &Whence, life: Duration) -> Result<String, String> {
        let mut nonce: Id = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| error.to_string())?;
        let until = now().0.saturating_add(milliseconds(life));
        let written = Written { user, origin: whence.origin.as_deref(), until };
        let text = serde_json::to_vec(&written).map_err(|error| error.to_string())?;
        let payload = Payload { msg: &text, aad: self.purpose.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|error| error.to_string())?;
        let ticket = BASE64URL_NOPAD.encode(&[&nonce, &*sealed].concat());
        if ticket.len() > TICKET_BYTES {
            return Err(format!("it has {} bytes, and a ticket at most {TICKET_BYTES}: keep less in the user", ticket.len()));
        }
        Ok(ticket)
    }

    /// The user, or why not.
    fn open<U: DeserializeOwned>(&self, ticket: &str, whence: &Whence) -> Result<U, Why> {
        if ticket.len() > TICKET_BYTES {
            return Err(Why::Malformed);
        }
        let bytes = BASE64URL_NOPAD.decode(ticket.as_bytes()).map_err(|_| Why::Malformed)?;
        let (id, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Why::Malformed)?;
        let payload = Payload { msg: sealed, aad: self.purpose.as_bytes() };
        let text = self.cipher.decrypt(&XNonce::from(*id), payload).map_err(|_| Why::Foreign)?;
        let Read { user, origin, until } = serde_json::from_slice(&text).map_err(|_| Why::Unread)?;
        if !whence.is(origin.as_deref()) {
            return Err(Why::Elsewhere);
        }
        match self.node.used.take(*id, Timestamp(until), self.node.limits.tickets_used, now) {
            Use::First => Ok(user),
            Use::Again => Err(Why::Used),
            Use::Late => Err(Why::Late),
            Use::Full => Err(Why::Full),
        }
    }
}

impl<U: Serialize + DeserializeOwned> Tickets<U> for Sealer {
    fn seal(&self, user: &U, whence: &Whence) -> Option<Sealed> {
        let life = self.node.limits.ticket;
        let ticket = self.seal(user, whence, life).inspect_err(|why| tracing::error!(why, "a user could not be made a ticket of"));
        Some(Sealed { ticket: ticket.ok()?, expires_ms: milliseconds(life) })
    }

    fn open(&self, ticket: &str, whence: &Whence) -> Result<U, Unopened> {
        self.open(ticket, whence).map_err(|why| {
            // Never the ticket itself.
            tracing::debug!(%why, "a ticket is refused");
            if why == Why::Full { Unopened::Busy } else { Unopened::Refused }
        })
    }
}
