//! Variants, and channels, that are called like associated items and types in scope.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
pub enum Realm {
    #[realtime(channel = "err:{room}")]
    Err { room: String },
    #[realtime(channel = "channel")]
    Channel,
    #[realtime(channel = "string:{room}")]
    String { room: String },
    #[realtime(channel = "from_str:{room}")]
    Fmt { room: String },
    #[realtime(channel = "clone")]
    Clone,
    #[realtime(channel = "to_string")]
    ToString,
    #[realtime(channel = "templates")]
    Contract,
}

impl Realm {
    #[allow(dead_code)]
    const CONTRACT: u8 = 0;
    #[allow(dead_code)]
    fn route(&self) {}
}

impl RealmChannel {
    #[allow(dead_code)]
    const TEMPLATES: u8 = 0;
}

fn main() {
    for (channel, name) in [
        (RealmChannel::err("a"), "err:a"),
        (RealmChannel::channel(), "channel"),
        (RealmChannel::string("a"), "string:a"),
        (RealmChannel::from_str("a"), "from_str:a"),
        (RealmChannel::clone(), "clone"),
        (RealmChannel::to_string(), "to_string"),
        (RealmChannel::templates(), "templates"),
    ] {
        assert_eq!(format!("{channel}"), name);
        assert_eq!(name.parse(), Ok(Clone::clone(&channel)));
    }
    assert_eq!(Realtime::route(&Realm::Err { room: "a".into() }).channel, Ok("err:a".to_owned()));
}
