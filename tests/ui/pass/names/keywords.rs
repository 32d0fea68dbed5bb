//! Fields, variants and channels that are called like Rust's own words.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum r#WordEvent {
    #[realtime(channel = "type:{type}/{fn}")]
    r#Match { r#type: String, r#fn: u8 },
    #[realtime(channel = "crate:{loop}")]
    Crate { r#loop: String },
    #[realtime(channel = "super:{room}")]
    Super { r#room: String },
    #[realtime(channel = "super:{room}")]
    Sub { room: String },
    #[realtime(channel = "gen")]
    Gen,
}

fn main() {
    assert_eq!(WordChannel::r#type("a", 1), WordChannel::Type { r#type: "a".into(), r#fn: 1 });
    assert_eq!(WordChannel::r#type("a", 1).to_string(), "type:a/1");
    assert_eq!("crate:x".parse(), Ok(WordChannel::crate_("x")));
    assert_eq!("super:x".parse(), Ok(WordChannel::super_("x")));
    assert_eq!("gen".parse(), Ok(WordChannel::r#gen()));
    assert_eq!(WordEvent::CONTRACT.name, "WordEvent");
    let names: Vec<_> = WordEvent::CONTRACT.variants.iter().map(|variant| variant.name).collect();
    assert_eq!(names, ["match", "crate", "super", "sub", "gen"]);
    assert_eq!(WordEvent::Match { r#type: "t".into(), r#fn: 0 }.route().channel, Ok("type:t/0".to_owned()));
    assert_eq!(WordEvent::Super { room: "x".into() }.route().channel, WordEvent::Sub { room: "x".into() }.route().channel);
}
