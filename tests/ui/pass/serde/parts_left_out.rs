//! Fields that serde skips, flattens or writes in a way of its own still say where an event goes.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Serialize, JsonSchema)]
pub struct Author {
    from: String,
}

fn shout<S: serde::Serializer>(room: &str, text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{room} {text}!"))
}

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Hidden {
        #[serde(skip)]
        room: String,
        #[serde(flatten)]
        author: Author,
    },
    #[realtime(channel = "room:{room}")]
    #[serde(serialize_with = "shout")]
    #[schemars(with = "String")]
    Shouted { room: String, text: String },
    #[serde(skip_deserializing)]
    Outward,
    #[serde(other)]
    Other,
}

fn main() {
    let written = |event: ChatEvent| {
        let mut out = Vec::new();
        (ChatEvent::CONTRACT.encode)(&event, &mut out).unwrap();
        (event.route().channel.unwrap(), String::from_utf8(out).unwrap())
    };
    let hidden = ChatEvent::Hidden { room: "a".into(), author: Author { from: "b".into() } };
    assert_eq!(written(hidden), ("room:a".into(), r#"{"hidden":{"from":"b"}}"#.into()));
    let shouted = ChatEvent::Shouted { room: "a".into(), text: "b".into() };
    assert_eq!(written(shouted), ("room:a".into(), r#"{"shouted":"a b!"}"#.into()));
    let names: Vec<_> = ChatEvent::CONTRACT.variants.iter().map(|variant| variant.name).collect();
    assert_eq!(names, ["hidden", "shouted", "outward", "other"]);
}
