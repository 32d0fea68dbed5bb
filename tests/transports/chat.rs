//! The events of these tests.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

/// What happens in a chat.
#[derive(Debug, Clone, PartialEq, Realtime, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ChatEvent {
    /// Somebody said something.
    #[realtime(channel = "room:{room}")]
    Message { room: String, text: String },
    /// Somebody is typing: worth seeing now, not worth replaying.
    #[realtime(channel = "room:{room}", volatile)]
    Typing { room: String },
    /// A seat is taken.
    #[realtime(channel = "seat:{number}")]
    Taken { number: u32 },
    /// To all.
    #[realtime(channel = "lobby")]
    Notice { text: String },
}
