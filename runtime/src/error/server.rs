//! What goes wrong in a hub, and what an application says no with.

use std::borrow::Cow;

use thiserror::Error;

use super::ChannelError;

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
    /// An event before it was the last of the channel.
    #[error("the channel has ended: nothing more can be published on it")]
    Ended,
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

/// An application's no to a command, with its reason for the program and for the person at the other end.
///
/// ```
/// use triwire::Rejected;
/// let full = Rejected::new("room_full", "There are twelve in this room already.");
/// assert_eq!(full.reason(), "room_full");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct Rejected {
    reason: Cow<'static, str>,
    detail: String,
    /// Not the client's fault, and not for its eyes.
    is_failure: bool,
}

impl Rejected {
    /// With a stable reason, in the style of `room_full`, and a text for people.
    pub fn new(reason: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self { reason: reason.into(), detail: detail.into(), is_failure: false }
    }

    /// Something that the client cannot help: it is told `internal`, and what went wrong is in the log.
    pub fn failure(why: impl std::fmt::Display) -> Self {
        Self { reason: Cow::Borrowed("internal"), detail: why.to_string(), is_failure: true }
    }

    /// The stable reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether it is the application's own fault.
    pub(crate) fn is_failure(&self) -> bool {
        self.is_failure
    }
}

impl From<PublishError> for Rejected {
    fn from(error: PublishError) -> Self {
        Self::failure(error)
    }
}
