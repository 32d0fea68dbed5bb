//! Why a WebSocket ends, and the code that it is closed with.

use crate::protocol::{ByeReason, close};
use crate::transport::line::Cut;
use crate::websocket::Violation;

/// Why a connection ends.
#[derive(Debug)]
pub(crate) enum End {
    /// There is nobody to tell.
    Gone,
    /// The client closed, with this code.
    Theirs(Option<u16>),
    /// We close, with this code and why.
    Ours(u16, &'static str),
    /// The client takes nothing, or gives no sign of life.
    Stalled,
}

impl End {
    pub(crate) fn bye(reason: ByeReason) -> Self {
        match reason {
            ByeReason::Drain => Self::Ours(close::DRAIN, "drain"),
            ByeReason::Busy => Self::Ours(close::LATER, "busy"),
            ByeReason::Stalled => Self::Ours(close::LATER, "stalled"),
            ByeReason::Expired => Self::Ours(close::EXPIRED, "expired"),
            ByeReason::Denied => Self::Ours(close::DENIED, "denied"),
            ByeReason::Lifetime => Self::Ours(close::GOING_AWAY, "lifetime"),
        }
    }
}

impl From<Cut> for End {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Gone => Self::Gone,
            Cut::Stalled => Self::Stalled,
        }
    }
}

impl From<Violation> for End {
    fn from(violation: Violation) -> Self {
        let why = match violation {
            Violation::Protocol(rule) => rule,
            Violation::Utf8 => "not UTF-8",
            Violation::Large => "over the limit `inbound_bytes`",
        };
        Self::Ours(violation.code(), why)
    }
}
