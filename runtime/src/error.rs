//! One error enum per concern. Floor 0.

#[cfg(feature = "server")]
mod server;

use thiserror::Error;

#[cfg(feature = "server")]
pub use server::{BrokerError, Denied, PublishError, Refusal, Rejected, SubscribeError};

/// Why a text is not the name of a channel, or a value not part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// No template of the enum matches.
    #[error("no channel has a name like this")]
    Unknown,
    /// A parameter is not in its one canonical form, or its type does not read it.
    #[error("a parameter of the channel is malformed")]
    Malformed,
    /// A parameter has no text.
    #[error("the parameter `{parameter}` of the channel is empty")]
    Empty {
        /// Which.
        parameter: &'static str,
    },
    /// The name has more than 255 bytes.
    #[error("the channel's name is over 255 bytes")]
    Long,
}

/// Why a text is not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a position is written `EPOCH-OFFSET`")]
pub struct PositionError;

/// What is wrong with a command, and where.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// The field, as `a.b[2]`; a dot for the whole.
    pub path: String,
    /// What serde says of it.
    pub why: String,
}
