use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Serialize, JsonSchema)]
enum ChatEvent {
    Message { text: String },
}

fn publish<E: Realtime>(_: E) {}

fn main() {
    publish(ChatEvent::Message { text: "hello".into() });
}
