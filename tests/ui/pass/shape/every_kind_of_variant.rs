//! Unit, tuple and empty variants, discriminants; only parameters need named fields.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[repr(u8)]
enum MixedEvent {
    Unit = 3,
    #[realtime(channel = "tuple")]
    Tuple(String, u8),
    Newtype(Vec<u8>),
    EmptyTuple(),
    EmptyStruct {},
    #[realtime(channel = "only:{room}")]
    Only { room: String } = 9,
}

fn main() {
    let routed = |event: MixedEvent| event.route().channel.unwrap();
    assert_eq!(routed(MixedEvent::Unit), "mixed-event");
    assert_eq!(routed(MixedEvent::Tuple("a".into(), 1)), "tuple");
    assert_eq!(routed(MixedEvent::Newtype(vec![])), "mixed-event");
    assert_eq!(routed(MixedEvent::EmptyTuple()), "mixed-event");
    assert_eq!(routed(MixedEvent::EmptyStruct {}), "mixed-event");
    assert_eq!(routed(MixedEvent::Only { room: "a".into() }), "only:a");
}
