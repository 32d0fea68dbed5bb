//! `from` and `try_from` concern reading, which a server does not do.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(serde::Deserialize, JsonSchema)]
struct Old(String);

impl TryFrom<Old> for ChatEvent {
    type Error = String;
    fn try_from(old: Old) -> Result<Self, String> {
        Ok(Self::Message { text: old.0 })
    }
}

#[derive(Realtime, Serialize, serde::Deserialize, JsonSchema)]
#[serde(try_from = "Old")]
enum ChatEvent {
    Message { text: String },
}

fn main() {
    assert_eq!(ChatEvent::Message { text: "a".into() }.route().channel, Ok("chat-event".to_owned()));
}
