//! Every tagging that names a variant works: external, internal, adjacent.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

macro_rules! tagged {
    ($name:ident, $($tag:tt)*) => {
        mod $name {
            use super::*;
            #[derive(Realtime, Serialize, JsonSchema)]
            $($tag)*
            pub enum ChatEvent {
                #[realtime(channel = "room:{room}")]
                Message { room: String, number: u8 },
                Notice,
            }

            pub fn written(event: &ChatEvent) -> String {
                let mut out = Vec::new();
                (ChatEvent::CONTRACT.encode)(event, &mut out).unwrap();
                String::from_utf8(out).unwrap()
            }

            pub fn message() -> ChatEvent {
                let event = ChatEvent::Message { room: "a".into(), number: 1 };
                assert_eq!(event.route().channel, Ok(ChatChannel::room("a").to_string()));
                event
            }
        }
    };
}

tagged!(external, );
tagged!(internal, #[serde(tag = "type")]);
tagged!(adjacent, #[serde(tag = "t", content = "c")]);

fn main() {
    assert_eq!(external::written(&external::message()), r#"{"Message":{"room":"a","number":1}}"#);
    assert_eq!(external::written(&external::ChatEvent::Notice), r#""Notice""#);
    assert_eq!(internal::written(&internal::message()), r#"{"type":"Message","room":"a","number":1}"#);
    assert_eq!(internal::written(&internal::ChatEvent::Notice), r#"{"type":"Notice"}"#);
    assert_eq!(adjacent::written(&adjacent::message()), r#"{"t":"Message","c":{"room":"a","number":1}}"#);
    assert_eq!(adjacent::written(&adjacent::ChatEvent::Notice), r#"{"t":"Notice"}"#);
}
