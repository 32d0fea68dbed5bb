//! The enum of the front page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use triwire::{ChannelError, Channels, Realtime};

/// What happens in a chat.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 256, keep = "5m")]
pub enum ChatEvent {
    /// Somebody said something.
    #[realtime(channel = "room:{room}")]
    Message { room: String, from: String, text: String },
    /// Somebody is typing.
    #[realtime(channel = "room:{room}", volatile)]
    Typing { room: String, from: String },
    /// The operator speaks to everybody.
    #[realtime(channel = "lobby")]
    Notice { text: String },
}

fn main() {
    let room = ChatChannel::room("lo/bby é");
    assert_eq!(room, ChatChannel::Room { room: "lo/bby é".into() });
    assert_eq!(room.to_string(), "room:lo%2Fbby%20%C3%A9");
    assert_eq!(room.to_string().parse(), Ok(room));
    assert_eq!("lobby".parse(), Ok(ChatChannel::lobby()));
    assert_eq!("lobb".parse::<ChatChannel>(), Err(ChannelError::Unknown));
    assert_eq!("room:".parse::<ChatChannel>(), Err(ChannelError::Empty { parameter: "room" }));
    for other in ["room:%61", "room:a%2fb", "room:%", "room:%ff"] {
        assert_eq!(other.parse::<ChatChannel>(), Err(ChannelError::Malformed), "{other}");
    }
    let templates: Vec<String> = ChatChannel::TEMPLATES.iter().map(ToString::to_string).collect();
    assert_eq!(templates, ["room:{room}", "lobby"]);

    let contract = &ChatEvent::CONTRACT;
    assert_eq!((contract.name, contract.history, contract.keep), ("ChatEvent", Some(256), Some(Duration::from_secs(300))));
    let variants: Vec<_> = contract.variants.iter().map(|variant| (variant.name, variant.template, variant.volatile)).collect();
    assert_eq!(variants, [("message", 0, false), ("typing", 0, true), ("notice", 1, false)]);

    let typing = ChatEvent::Typing { room: "a".into(), from: "b".into() };
    let route = typing.route();
    assert_eq!((route.channel, route.volatile), (Ok("room:a".to_owned()), true));
    let mut out = Vec::new();
    (contract.encode)(&typing, &mut out).unwrap();
    assert_eq!(out, br#"{"type":"typing","room":"a","from":"b"}"#);
}
