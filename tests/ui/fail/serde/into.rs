use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Clone, Realtime, Serialize, JsonSchema)]
#[serde(into = "String")]
enum ChatEvent {
    Message { text: String },
}

impl From<ChatEvent> for String {
    fn from(event: ChatEvent) -> Self {
        match event {
            ChatEvent::Message { text } => text,
        }
    }
}

fn main() {}
