//! Values that make no name are told of by `route`, and by `Display`.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{ChannelError, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum RoomEvent {
    #[realtime(channel = "room:{room}")]
    Opened { room: String },
}

fn main() {
    let routed = |room: String| RoomEvent::Opened { room }.route().channel;
    assert_eq!(routed(String::new()), Err(ChannelError::Empty { parameter: "room" }));
    assert_eq!(routed("x".repeat(250)).map(|name| name.len()), Ok(255));
    assert_eq!(routed("x".repeat(251)), Err(ChannelError::Long));
    assert_eq!(format!("room:{}", "x".repeat(251)).parse::<RoomChannel>(), Err(ChannelError::Long));
    use std::fmt::Write;
    assert!(write!(String::new(), "{}", RoomChannel::room("")).is_err());
}
