//! The code of the book, compiled: rustdoc takes each chapter for the documentation of a module.
//!
//! The enums here are those that the chapters show once and use again.

#![allow(clippy::test_attr_in_doctest, reason = "a chapter shows a test that its readers write")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::Realtime;

/// What happens on a board: the tutorial's.
#[derive(Debug, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BoardEvent {
    /// Somebody pinned a note.
    #[realtime(channel = "board:{board}")]
    Pinned {
        /// On which board.
        board: String,
        /// What it says.
        text: String,
    },
    /// The board was wiped.
    #[realtime(channel = "board:{board}")]
    Wiped {
        /// Which.
        board: String,
    },
}

/// What happens in a chat: the README's.
#[derive(Debug, PartialEq, Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatEvent {
    /// Somebody said something.
    #[realtime(channel = "room:{room}")]
    Message {
        /// Where.
        room: String,
        /// Who.
        from: String,
        /// What.
        text: String,
    },
    /// Somebody is typing.
    #[realtime(channel = "room:{room}", volatile)]
    Typing {
        /// Where.
        room: String,
        /// Who.
        from: String,
    },
    /// The operator speaks to everybody.
    #[realtime(channel = "lobby")]
    Notice {
        /// What.
        text: String,
    },
}

/// A module for each text, so that a test is named after its chapter.
macro_rules! chapters {
    ($($name:ident = $text:expr;)*) => {
        $(#[doc = $text] mod $name {})*
    };
}

chapters! {
    abuse = include_str!("src/abuse.md");
    architecture = include_str!("src/architecture.md");
    performance = include_str!("src/performance.md");
    browser = include_str!("src/browser.md");
    channels = include_str!("src/channels.md");
    commands = include_str!("src/commands.md");
    contract = include_str!("src/contract.md");
    contract_lock = include_str!("src/contract-lock.md");
    dependencies = include_str!("src/dependencies.md");
    gaps = include_str!("src/gaps.md");
    identity = include_str!("src/identity.md");
    introduction = include_str!("src/introduction.md");
    limits = include_str!("src/limits.md");
    presence = include_str!("src/presence.md");
    protocol = include_str!("src/protocol.md");
    proxies = include_str!("src/proxies.md");
    rust_client = include_str!("src/rust-client.md");
    server = include_str!("src/server.md");
    shutdown = include_str!("src/shutdown.md");
    state = include_str!("src/state.md");
    testing = include_str!("src/testing.md");
    threats = include_str!("src/threats.md");
    tickets = include_str!("src/tickets.md");
    transports = include_str!("src/transports.md");
    tutorial = include_str!("src/tutorial.md");
}
