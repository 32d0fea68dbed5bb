//! Several attributes, trailing commas, none at all.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(history = 1_000,)]
#[realtime(keep = "250ms")]
#[realtime()]
enum ChatEvent {
    #[realtime(volatile)]
    #[realtime(channel = "room:{room}",)]
    Message { room: String },
    #[realtime()]
    Notice,
}

fn main() {
    assert_eq!(ChatEvent::CONTRACT.history, Some(1000));
    assert_eq!(ChatEvent::CONTRACT.keep, Some(std::time::Duration::from_millis(250)));
    assert!(ChatEvent::Message { room: "a".into() }.route().volatile);
    assert_eq!(ChatEvent::Notice.route().channel, Ok("chat-event".to_owned()));
}
