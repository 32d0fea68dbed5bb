use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: String, text: String },
    Notice { text: String },
}

fn main() {}
