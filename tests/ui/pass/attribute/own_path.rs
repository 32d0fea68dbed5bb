//! `crate = path` for those who have triwire under another name.

mod vendored {
    pub mod wires {
        pub use triwire::*;
    }
}

#[derive(vendored::wires::Realtime, serde::Serialize, schemars::JsonSchema)]
#[realtime(crate = crate::vendored::wires)]
enum ChatEvent {
    #[realtime(channel = "room:{room}")]
    Message { room: String },
}

fn main() {
    use vendored::wires::Realtime;
    assert_eq!(ChatEvent::Message { room: "a".into() }.route().channel, Ok("room:a".to_owned()));
}
