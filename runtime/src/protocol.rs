//! What is on the wire: what items say, and the names of reasons and codes; how the hub writes them is in `write`. Floor 1.

#[cfg(any(feature = "server", feature = "client"))]
pub(crate) mod close;
#[cfg(feature = "server")]
mod write;

use serde::{Deserialize, Serialize};

use crate::position::Position;
#[cfg(feature = "server")]
pub(crate) use write::*;

/// The WebSocket subprotocol of version 1.
#[cfg(feature = "server")]
pub(crate) const SUBPROTOCOL: &str = "triwire.v1";

/// An announced loss: what a channel had after the reader's position, up to `until`, is lost to this reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// How many of the channel's events, exactly, or null where that cannot be known (always after a reset).
    pub missed: Option<u64>,
    /// How far the loss reaches.
    #[schemars(with = "String")]
    pub until: Position,
}

/// Why events were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GapReason {
    /// Overtaken while connected.
    Lagged,
    /// Older than what is kept.
    Expired,
    /// The position is of another epoch: the store was lost or made anew.
    Reset,
}

/// The announced end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Bye {
    /// Why.
    pub reason: ByeReason,
    /// How long to wait before coming back, in milliseconds.
    pub retry_ms: u64,
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ByeReason {
    /// The server is about to end.
    Drain,
    /// A limit is reached, or a broker is away.
    Busy,
    /// The identity expired.
    Expired,
    /// The application wants this client no longer, or nothing is left that it may see.
    Denied,
    /// The connection did not take its bytes.
    Stalled,
    /// The connection is as old as it may be.
    Lifetime,
}

/// The announced end of one channel, on this connection: nothing more of it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct End {
    /// Why.
    pub reason: EndReason,
}

/// Why nothing more comes of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The application allows it no longer.
    Denied,
    /// Its last event is out.
    Ended,
}

/// Who is in a channel, by the [keys](crate::Identity::key) of their identities; or who came, or went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Presence {
    /// Who came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub joined: Option<String>,
    /// Who went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub left: Option<String>,
    /// All who are in, in the order of their keys; none where there are more than are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub here: Option<Vec<String>>,
    /// How many are in now.
    pub count: usize,
}
