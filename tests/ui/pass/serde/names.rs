//! A variant's name on the wire is what serde writes; a template names the field as Rust does.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "SCREAMING-KEBAB-CASE", rename_all_fields = "camelCase")]
pub enum ChatEvent {
    #[realtime(channel = "room:{room_id}")]
    FirstMessage { room_id: String },
    #[serde(rename = "moved")]
    Second { from: String },
    #[serde(rename(serialize = "out", deserialize = "in"))]
    Third,
    #[serde(alias = "old")]
    Fourth,
}

fn main() {
    let names: Vec<_> = ChatEvent::CONTRACT.variants.iter().map(|variant| variant.name).collect();
    assert_eq!(names, ["FIRST-MESSAGE", "moved", "out", "FOURTH"]);
    let event = ChatEvent::FirstMessage { room_id: "a".into() };
    assert_eq!(event.route().channel, Ok("room:a".to_owned()));
    let mut out = Vec::new();
    (ChatEvent::CONTRACT.encode)(&event, &mut out).unwrap();
    assert_eq!(out, br#"{"type":"FIRST-MESSAGE","roomId":"a"}"#);
}
