use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: String, text: String },
    #[realtime(channel = "lobby!")]
    Notice { text: String },
}

fn publish<E: Realtime>(event: E) -> E::Channel {
    drop(event);
    unimplemented!()
}

fn main() {
    let channel: ChatChannel = publish(ChatEvent::Message { room: "a".into(), text: "b".into() });
    assert_eq!(channel, ChatChannel::Room { room: "a".into() });
    assert_eq!(channel, ChatChannel::room("a"));
    println!("{channel} {:?}", "room:a".parse::<ChatChannel>());
    drop(ChatEvent::Notice { text: "c".into() });
}
