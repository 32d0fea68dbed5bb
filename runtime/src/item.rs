//! What a typed stream carries, and how it is read from the wire. Floor 1.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use crate::position::Position;
use crate::protocol::{Bye, End, Gap, Presence};

/// What a typed stream carries, inside the process or from a hub elsewhere.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Item<E> {
    /// An event, with its place unless it is volatile.
    Event {
        /// The channel it came by.
        channel: String,
        /// Its place in the hub.
        id: Option<Position>,
        /// The key of the command that led to it.
        cause: Option<String>,
        /// The event.
        event: E,
    },
    /// A loss in the named channel.
    Gap {
        /// The channel that lost.
        channel: String,
        /// What.
        gap: Gap,
    },
    /// The state of the named channel: what its events up to the position made of it.
    Snapshot {
        /// The channel.
        channel: String,
        /// Its state, as it was written.
        snapshot: Value,
        /// What it is good for: events of the channel come after it.
        position: Position,
    },
    /// Who came to the named channel, or went; or who is in.
    Presence {
        /// The channel.
        channel: String,
        /// What is told.
        presence: Presence,
    },
    /// Nothing more up to here.
    Heartbeat(Position),
    /// Nothing more of the named channel comes.
    Ended {
        /// The channel.
        channel: String,
        /// Why.
        end: End,
    },
    /// The end.
    Bye(Bye),
    /// An event that today's enum does not know, as it was written.
    Unknown {
        /// The channel it came by.
        channel: String,
        /// Its place in the hub.
        id: Option<Position>,
        /// The key of the command that led to it.
        cause: Option<String>,
        /// Its JSON.
        event: Value,
    },
}

/// An event's item as it was written.
#[derive(Deserialize)]
struct Written<T> {
    channel: String,
    #[serde(default)]
    id: Option<Position>,
    #[serde(default)]
    cause: Option<String>,
    event: T,
}

/// Any item, with the parts that say which it is.
#[derive(Deserialize)]
struct Parts {
    channel: Option<String>,
    #[serde(default, deserialize_with = "known::gap")]
    gap: Option<Gap>,
    #[serde(default, deserialize_with = "known::end")]
    end: Option<End>,
    #[serde(default, deserialize_with = "known::bye")]
    bye: Option<Bye>,
    presence: Option<Presence>,
    position: Option<Position>,
    // `null` is a state, too.
    #[serde(default, deserialize_with = "there")]
    snapshot: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    event: Option<Value>,
}

/// What a newer hub gives for a reason that this version does not know is still a loss, an end, a farewell: none may be left out.
mod known {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer};
    use serde_json::Value;

    use crate::protocol::{Bye, End, Gap};

    /// Reads it as it stands; else with the reason of the known ones that asks for the least.
    fn read<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(deserializer: D, plain: &str) -> Result<Option<T>, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        if let Ok(read) = T::deserialize(&value) {
            return Ok(Some(read));
        }
        if let Some(reason) = value.get_mut("reason") {
            *reason = plain.into();
        }
        T::deserialize(&value).map(Some).map_err(D::Error::custom)
    }

    pub(super) fn gap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Gap>, D::Error> {
        read(deserializer, "expired")
    }

    pub(super) fn end<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<End>, D::Error> {
        read(deserializer, "denied")
    }

    pub(super) fn bye<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bye>, D::Error> {
        read(deserializer, "busy")
    }
}

fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl<E: DeserializeOwned> Item<E> {
    /// Reads an item as it stands on the wire. An event that today's enum does not know is [`Item::Unknown`].
    ///
    /// # Errors
    /// What is no JSON, or no item of this version of the protocol: a client leaves such an item out.
    pub fn read(json: &[u8]) -> serde_json::Result<Self> {
        // Most items are events that the enum knows: these are read in one pass.
        if let Ok(Written { channel, id, cause, event }) = serde_json::from_slice::<Written<E>>(json) {
            return Ok(Self::Event { channel, id, cause, event });
        }
        let parts: Parts = serde_json::from_slice(json)?;
        Ok(match parts {
            Parts { event: Some(_), .. } => {
                let Written { channel, id, cause, event } = serde_json::from_slice(json)?;
                Self::Unknown { channel, id, cause, event }
            }
            Parts { channel: Some(channel), gap: Some(gap), .. } => Self::Gap { channel, gap },
            Parts { channel: Some(channel), end: Some(end), .. } => Self::Ended { channel, end },
            Parts { channel: Some(channel), presence: Some(presence), .. } => Self::Presence { channel, presence },
            Parts { channel: Some(channel), snapshot: Some(snapshot), position: Some(position), .. } => {
                Self::Snapshot { channel, snapshot, position }
            }
            Parts { bye: Some(bye), .. } => Self::Bye(bye),
            Parts { channel: None, position: Some(position), .. } => Self::Heartbeat(position),
            _ => return Err(serde_json::Error::custom("an item that this version does not know")),
        })
    }
}

#[cfg(test)]
mod tests;
