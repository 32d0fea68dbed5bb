//! One error enum per concern. Floor 0.

use thiserror::Error;

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

/// Why an event was not published, or may not have been.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Nothing happened: nobody will see the event.
    #[error("the event was refused: {0}")]
    Refused(#[from] Refusal),
    /// The answer was lost: the event may have been published.
    #[error("the event may or may not have been published: {0}")]
    Unknown(BrokerError),
}

/// Why an event was refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Its fields make no channel's name.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// Its `Serialize` failed.
    #[error("the event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// It is larger than `Limits::event_bytes`.
    #[error("the event has {bytes} bytes, above the limit `event_bytes`")]
    Large {
        /// How large it is.
        bytes: usize,
    },
    /// The broker did not take it.
    #[error("the broker did not take it: {0}")]
    Broker(BrokerError),
}

/// What went wrong in a broker, in its own words.
#[derive(Debug, Clone, Error)]
#[error("{0}")]
pub struct BrokerError(pub String);

/// Why a subscription inside the process was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The values make no channel's name.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// More channels than `Limits::channels_per_connection`.
    #[error("more channels than the limit `channels_per_connection` ({limit})")]
    Channels {
        /// The limit.
        limit: usize,
    },
    /// More connections than `Limits::connections`.
    #[error("the hub has as many connections as the limit `connections` allows")]
    Busy,
    /// The hub drains.
    #[error("the hub is draining")]
    Draining,
}

/// An application's no to a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Error)]
#[error("the application does not allow it")]
pub struct Denied;
