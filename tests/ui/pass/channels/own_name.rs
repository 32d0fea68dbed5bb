//! `channels = Name` names the channel enum; an enum called `Event` has `Channel`.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

mod named {
    use super::*;

    #[derive(Realtime, Serialize, JsonSchema)]
    #[realtime(channels = Rooms)]
    pub enum ChatEvent {
        #[realtime(channel = "room:{room}")]
        Message { room: String },
    }
}

mod short {
    use super::*;

    #[derive(Realtime, Serialize, JsonSchema)]
    pub enum Event {
        Tick,
    }
}

mod other {
    use super::*;

    #[derive(Realtime, Serialize, JsonSchema)]
    pub enum Happening {
        Tick,
    }
}

fn main() {
    assert_eq!(named::Rooms::room("a").to_string(), "room:a");
    assert_eq!(short::Channel::Event.to_string(), "event");
    assert_eq!(other::HappeningChannel::Happening.to_string(), "happening");
}
