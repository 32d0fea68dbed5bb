//! One enum in each form that serde has, with every kind of variant.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

/// Where something is.
#[derive(Serialize, JsonSchema)]
pub(super) struct Place {
    /// To the right.
    pub(super) across: u32,
    pub(super) inside: Option<Box<Place>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) enum Mood {
    Glad,
    Cross,
}

/// Told apart by a field.
#[derive(Realtime, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InternalEvent {
    /// Somebody said something.
    #[realtime(channel = "room:{room}/v1.0")]
    SaidAloud {
        room: String,
        /// From where.
        place: Place,
        moods: Vec<Mood>,
    },
    #[realtime(channel = "room:{room}/v1.0", volatile, presence)]
    Typing { room: String },
    /// A place of its own.
    #[realtime(channel = "places")]
    Moved(Place),
    #[realtime(channel = "places")]
    Opened,
    /// Shut.
    #[realtime(channel = "places")]
    Closed,
}

/// Told apart by the name of the only field.
#[derive(Realtime, Serialize, JsonSchema)]
pub(super) enum External {
    /// Somebody said something.
    #[realtime(channel = "room:{room}")]
    Said {
        room: String,
        /// From where.
        place: Place,
    },
    /// A place of its own.
    #[realtime(channel = "places")]
    Moved(Place),
    #[realtime(channel = "places")]
    Pair(u8, String),
    #[realtime(channel = "places")]
    Opened,
    #[realtime(channel = "places")]
    Locked,
    /// Shut.
    #[realtime(channel = "places")]
    Closed,
}

/// Told apart by one field, described by another.
#[derive(Realtime, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
pub(super) enum AdjacentEvent {
    #[realtime(channel = "room:{room}")]
    Said { room: String, place: Place },
    /// A place of its own.
    #[realtime(channel = "places")]
    Moved(Place),
    #[realtime(channel = "places")]
    Pair(u8, String),
    #[realtime(channel = "places")]
    Opened,
}

triwire::contract!(InternalEvent, External, AdjacentEvent);
