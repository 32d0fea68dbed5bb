//! The events of these tests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::Realtime;

/// What happens in a chat.
#[derive(Debug, Clone, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[realtime(commands = ChatCommand, reply = serde_json::Value)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ChatEvent {
    /// Somebody said something.
    #[realtime(channel = "room:{room}")]
    Message { room: String, text: String },
    /// Somebody is typing: worth seeing now, not worth replaying.
    #[realtime(channel = "room:{room}", volatile)]
    Typing { room: String },
    /// A piece of a game that is played there stands elsewhere now.
    #[realtime(channel = "room:{room}", latest, key = piece)]
    Moved { room: String, piece: String, to: u32 },
    /// The room is closed: nothing more happens there.
    #[realtime(channel = "room:{room}", ends)]
    Closed { room: String },
    /// A seat is taken.
    #[realtime(channel = "seat:{number}")]
    Taken { number: u32 },
    /// To all.
    #[realtime(channel = "lobby")]
    Notice { text: String },
}

/// What a client may ask of a chat.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChatCommand {
    /// Says something, and is told how many bytes that was.
    Say { room: String, text: String },
    /// Waits so many milliseconds, and says so.
    Wait { room: String, ms: u64 },
    /// Is against the rules.
    Forbidden,
    /// Fails as only a program can.
    Panic,
    /// Fails as only a server can.
    Broken,
}
