//! A variant that is configured away is no variant, and its channel no channel.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Channels, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: String, #[cfg(any())] gone: String },
    #[cfg(any())]
    #[realtime(channel = "gone:{nobody}")]
    Gone,
    #[cfg(all())]
    #[realtime(channel = "here")]
    Here,
    #[cfg_attr(all(), realtime(channel = "there", volatile))]
    There,
}

fn main() {
    let templates: Vec<String> = ChatChannel::TEMPLATES.iter().map(ToString::to_string).collect();
    assert_eq!(templates, ["room:{room}", "here", "there"]);
    assert_eq!(ChatEvent::Message { room: "a".into() }.route().channel, Ok("room:a".to_owned()));
    assert_eq!(ChatEvent::CONTRACT.variants.len(), 3);
    assert!(ChatEvent::There.route().volatile && !ChatEvent::Here.route().volatile);
}
