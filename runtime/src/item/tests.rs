use super::*;
use crate::protocol::{ByeReason, EndReason, GapReason};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Hello { text: String },
}

fn read(json: &str) -> Option<Item<Said>> {
    Item::read(json.as_bytes()).ok()
}

fn at(text: &str) -> Position {
    text.parse().expect("a position")
}

#[test]
fn every_item_of_the_protocol_is_read() {
    let channel = || "room:tea".to_owned();
    let hello = || Said::Hello { text: "hi".into() };
    let (id, cause) = (Some(at("a-4")), Some("6f1c".to_owned()));
    for (json, item) in [
        (
            r#"{"channel":"room:tea","id":"a-4","cause":"6f1c","event":{"hello":{"text":"hi"}}}"#,
            Item::Event { channel: channel(), id, cause, event: hello() },
        ),
        (
            r#"{"channel":"room:tea","event":{"hello":{"text":"hi"}},"later":1}"#,
            Item::Event { channel: channel(), id: None, cause: None, event: hello() },
        ),
        (
            r#"{"channel":"room:tea","gap":{"reason":"lagged","missed":48,"until":"a-90"}}"#,
            Item::Gap { channel: channel(), gap: Gap { reason: GapReason::Lagged, missed: Some(48), until: at("a-90") } },
        ),
        (
            r#"{"channel":"room:tea","snapshot":{"n":1},"position":"a-42"}"#,
            Item::Snapshot { channel: channel(), snapshot: serde_json::json!({ "n": 1 }), position: at("a-42") },
        ),
        (
            r#"{"channel":"room:tea","snapshot":null,"position":"a-42"}"#,
            Item::Snapshot { channel: channel(), snapshot: Value::Null, position: at("a-42") },
        ),
        (r#"{"position":"a-9"}"#, Item::Heartbeat(at("a-9"))),
        (r#"{"channel":"room:tea","end":{"reason":"ended"}}"#, Item::Ended { channel: channel(), end: End { reason: EndReason::Ended } }),
        (r#"{"bye":{"reason":"drain","retry_ms":7}}"#, Item::Bye(Bye { reason: ByeReason::Drain, retry_ms: 7 })),
    ] {
        assert_eq!(read(json), Some(item), "{json}");
    }
}

#[test]
fn an_event_that_the_enum_does_not_know_is_given_as_it_was_written() {
    for event in [r#"{"bye":{"text":"so long"}}"#, r#"{"hello":{"text":1}}"#, "null", "7"] {
        let json = format!(r#"{{"channel":"room:tea","id":"a-4","event":{event}}}"#);
        let event = serde_json::from_str(event).expect("JSON");
        assert_eq!(read(&json), Some(Item::Unknown { channel: "room:tea".into(), id: Some(at("a-4")), cause: None, event }));
    }
}

#[test]
fn a_reason_that_is_not_known_leaves_a_loss_an_end_and_a_bye_what_they_are() {
    let gap = r#"{"channel":"a","gap":{"reason":"flood","missed":3,"until":"a-9"}}"#;
    let told = Gap { reason: GapReason::Expired, missed: Some(3), until: at("a-9") };
    assert_eq!(read(gap), Some(Item::Gap { channel: "a".into(), gap: told }));
    let end = Item::Ended { channel: "a".into(), end: End { reason: EndReason::Denied } };
    assert_eq!(read(r#"{"channel":"a","end":{"reason":"moved"}}"#), Some(end));
    let bye = Item::Bye(Bye { reason: ByeReason::Busy, retry_ms: 7 });
    assert_eq!(read(r#"{"bye":{"reason":"lunch","retry_ms":7}}"#), Some(bye));
}

#[test]
fn what_is_no_item_of_this_version_is_an_error_to_leave_out() {
    for json in ["", "{", "[]", "{}", r#"{"channel":"a","presence":{}}"#, r#"{"channel":"a","id":"nowhere","event":null}"#] {
        assert_eq!(read(json), None, "{json}");
    }
}
