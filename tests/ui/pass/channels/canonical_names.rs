//! A name has one form: what a type would not print back is refused.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{ChannelError, Channels, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum CountEvent {
    #[realtime(channel = "count:{number}/{sign}/{flag}/{letter}")]
    Counted { number: u8, sign: i32, flag: bool, letter: char },
}

fn main() {
    let channel = CountChannel::count(7, -3, true, '/');
    assert_eq!(channel.to_string(), "count:7/-3/true/%2F");
    assert_eq!("count:7/-3/true/%2F".parse(), Ok(channel));
    for malformed in ["count:07/-3/true/%2F", "count:%2B7/-3/true/%2F", "count:256/-3/true/a", "count:7/-3/TRUE/a", "count:7/-3/true/ab", "count:7/-3/true/%2f"] {
        assert_eq!(malformed.parse::<CountChannel>(), Err(ChannelError::Malformed), "{malformed}");
    }
    for unknown in ["", "count", "count:7", "count:7/-3/true/a/", "Count:7/-3/true/a", "count:7/-3/true//", "count:+7/-3/true/a"] {
        assert_eq!(unknown.parse::<CountChannel>(), Err(ChannelError::Unknown), "{unknown}");
    }
    assert_eq!("count:7//true/a".parse::<CountChannel>(), Err(ChannelError::Empty { parameter: "sign" }));
    assert_eq!(CountChannel::TEMPLATES[0].parameters().collect::<Vec<_>>(), ["number", "sign", "flag", "letter"]);
}
