//! A uuid, a newtype and a path to a type are parameters as well as a string.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct RoomId(u64);

impl std::fmt::Display for RoomId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl std::str::FromStr for RoomId {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix('r').and_then(|number| number.parse().ok()).map(Self).ok_or(())
    }
}

#[derive(Realtime, Serialize, JsonSchema)]
pub enum ChatEvent {
    #[realtime(channel = "room:{room}/{user}")]
    Message { room: RoomId, #[schemars(with = "String")] user: uuid::Uuid },
    #[realtime(channel = "room:{room}/{user}")]
    Typing { #[schemars(with = "String")] user: uuid::Uuid, room: RoomId },
    #[realtime(channel = "name:{name}")]
    Named { name: std::string::String },
}

fn main() {
    let nil = uuid::Uuid::nil();
    let channel = ChatChannel::room(RoomId(5), nil);
    assert_eq!(channel.clone(), ChatChannel::Room { room: RoomId(5), user: nil });
    assert_ne!(channel, ChatChannel::room(RoomId(6), nil));
    assert_ne!(channel, ChatChannel::name("a"));
    let name = "room:r5/00000000-0000-0000-0000-000000000000";
    assert_eq!(channel.to_string(), name);
    assert_eq!(name.parse(), Ok(channel.clone()));
    assert_eq!(ChatEvent::Typing { user: nil, room: RoomId(5) }.route().channel, Ok(name.to_owned()));
    assert!("room:5/00000000-0000-0000-0000-000000000000".parse::<ChatChannel>().is_err());
    assert!("room:r05/00000000-0000-0000-0000-000000000000".parse::<ChatChannel>().is_err());
    let set = std::collections::HashSet::from([channel.clone(), channel.clone(), ChatChannel::name("a")]);
    assert_eq!(set.len(), 2);
    assert_eq!(format!("{:?}", ChatChannel::room(RoomId(5), nil)), format!("Room {{ room: RoomId(5), user: {nil:?} }}"));
}
