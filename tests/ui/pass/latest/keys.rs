//! What a `latest` event is the newest of.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

/// Whatever prints itself may be a key: it need not be read back, compared or copied.
#[derive(Serialize, JsonSchema)]
pub struct CardId(u64);

impl fmt::Display for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "card-{}", self.0)
    }
}

#[derive(Realtime, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoardEvent {
    #[realtime(channel = "board:{board}", latest, key = card)]
    Moved { board: String, card: CardId, column: u8 },
    #[realtime(channel = "board:{board}", latest, key = r#type)]
    Weighed { board: String, r#type: f64 },
    #[realtime(channel = "board:{board}", latest, key = type)]
    Typed { board: String, r#type: char },
    /// The key may stand in the channel, too; it then says nothing more.
    #[realtime(channel = "user:{user}", key = user, latest)]
    Seen { user: String },
    #[realtime(channel = "board:{board}", latest)]
    Titled { board: String, title: String },
    #[realtime(channel = "lobby", latest)]
    Users(u64),
    #[realtime(channel = "lobby", latest)]
    #[serde(rename = "users:7")]
    Odd,
    #[realtime(channel = "lobby")]
    Said { key: String },
}

/// No name of the derive's own is a field's.
#[derive(Realtime, Serialize, JsonSchema)]
pub enum HostileEvent {
    #[realtime(channel = "hostile", latest, key = contract)]
    Contract { contract: String },
    #[realtime(channel = "hostile", latest, key = __triwire)]
    Triwire { __triwire: CardId },
}

fn main() {
    let board = || "a".to_owned();
    let latest = |event: BoardEvent| event.route().latest;
    assert_eq!(latest(BoardEvent::Moved { board: board(), card: CardId(7), column: 1 }).as_deref(), Some("moved:card-7"));
    assert_eq!(latest(BoardEvent::Weighed { board: board(), r#type: 0.5 }).as_deref(), Some("weighed:0.5"));
    assert_eq!(latest(BoardEvent::Typed { board: board(), r#type: ':' }).as_deref(), Some("typed::"));
    assert_eq!(latest(BoardEvent::Seen { user: "Ada".into() }).as_deref(), Some("seen:Ada"));
    assert_eq!(latest(BoardEvent::Titled { board: board(), title: "x".into() }).as_deref(), Some("titled"));
    assert_eq!(latest(BoardEvent::Users(7)).as_deref(), Some("users"));
    // No variant is called like another with a key.
    assert_eq!(latest(BoardEvent::Odd).as_deref(), Some("users%3A7"));
    assert_eq!(latest(BoardEvent::Said { key: "x".into() }), None);
    let route = BoardEvent::Moved { board: board(), card: CardId(7), column: 1 }.route();
    assert_eq!((route.channel, route.volatile), (Ok("board:a".to_owned()), false));
    assert_eq!(HostileEvent::Contract { contract: "x".into() }.route().latest.as_deref(), Some("Contract:x"));
    assert_eq!(HostileEvent::Triwire { __triwire: CardId(1) }.route().latest.as_deref(), Some("Triwire:card-1"));
}
