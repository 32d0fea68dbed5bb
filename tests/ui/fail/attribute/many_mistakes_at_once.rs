use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize)]
#[realtime(histroy = 256, keep = "5min")]
enum ChatEvent {
    #[realtime(channel = "room:{rom}")]
    Message { room: String, text: String },
    #[realtime(channel = "room:{room", volatil)]
    Typing { room: String },
    #[realtime(channel = "lobby 1")]
    Notice { text: String },
}

fn main() {}
