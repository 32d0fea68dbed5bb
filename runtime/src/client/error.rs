//! What ends a stream, and what a command may come to.

use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

/// Why a reader has come to its end. Whatever passes does not end it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The hub, or the application, says no: 401, 403, 404 and the like.
    #[error("refused: {0}")]
    Refused(Refused),
    /// The application wants this client no longer.
    #[error("the application wants this client no longer")]
    Denied,
    /// The identity has expired, and there is no other.
    #[error("the identity has expired")]
    Expired,
    /// The hub does not understand this client.
    #[error("the hub does not understand this client")]
    NotUnderstood,
}

/// Why a command has no reply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// It was refused, by the application with its own [`reason`](Refused::reason), or by the hub.
    #[error("refused: {0}")]
    Refused(Refused),
    /// No answer came, and it is too late to ask again: it may have taken effect.
    #[error("no answer came for as long as the hub knows the command's key: it may have taken effect")]
    Unknown,
    /// It cannot be written as JSON.
    #[error("the command cannot be written as JSON: {0}")]
    Encode(String),
    /// It took effect, but its reply is none that the type reads.
    #[error("the reply is not of the type that was asked for: {0}")]
    Reply(String),
}

/// Why a hub elsewhere cannot be asked, before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// It is no URL with `http` or `https`.
    #[error("`{0}` is no URL like `https://example.org/chat`")]
    Url(String),
    /// TLS is not built in.
    #[error("`https` needs the feature `client-rustls` of triwire")]
    Tls,
    /// A certificate is none, or the system trusts none.
    #[error("no certificate to trust: {0}")]
    Certificate(String),
    /// There is no transport to use.
    #[error("no transport is left to use")]
    Transports,
}

/// A no, with the HTTP status it came with: what RFC 9457 calls a problem, where it is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The hub's own code, as the protocol lists them; none where somebody else answered: an extractor of the application, a proxy.
    pub code: Option<String>,
    /// The application's own reason for refusing a command.
    pub reason: Option<String>,
    /// What is wrong, for people.
    pub detail: Option<String>,
    /// When it may be tried again, if the answer says so.
    pub retry: Option<Duration>,
}

/// The problem that a body is.
#[derive(Deserialize)]
struct Problem {
    code: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    retry_ms: Option<u64>,
}

impl Refused {
    /// Reads an answer: its status, its `Retry-After` in seconds, its body.
    pub(super) fn read(status: u16, retry_after: Option<&str>, body: &[u8]) -> Self {
        let seconds = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let problem = serde_json::from_slice(body).unwrap_or(Problem { code: None, reason: None, detail: None, retry_ms: None });
        let Problem { code, reason, detail, retry_ms } = problem;
        Self { status, code, reason, detail, retry: retry_ms.map(Duration::from_millis).max(seconds) }
    }

    /// Whether the hub itself says so.
    pub(super) fn is_ours(&self) -> bool {
        self.code.is_some()
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        let texts = [self.reason.as_ref().or(self.code.as_ref()), self.detail.as_ref()];
        texts.into_iter().flatten().try_for_each(|text| write!(f, ", {text}"))
    }
}
