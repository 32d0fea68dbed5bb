//! What stands where in the document.

use jsonschema::Validator;
use serde_json::{Value, json};
use triwire::Hub;

use super::enums::{AdjacentEvent, External, InternalEvent, Mood, Place};

/// Every object of the document, with the path that leads to it.
pub(super) fn walk<'a>(value: &'a Value, path: &str, see: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Object(fields) => {
            see(path, value);
            fields.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"), see));
        }
        Value::Array(values) => values.iter().enumerate().for_each(|(at, value)| walk(value, &format!("{path}/{at}"), see)),
        _ => {}
    }
}

/// What holds a value against one of the definitions, or against the whole; formats too.
pub(super) fn validator(schema: &Value, definition: Option<&str>) -> Validator {
    let schema = match definition {
        Some(name) => json!({ "$ref": format!("#/$defs/{name}"), "$defs": schema["$defs"] }),
        None => schema.clone(),
    };
    jsonschema::options().should_validate_formats(true).build(&schema).expect("it is a schema")
}

fn all() -> [(&'static str, Value); 3] {
    [
        ("Internal", Hub::<InternalEvent>::contract().schema),
        ("External", Hub::<External>::contract().schema),
        ("Adjacent", Hub::<AdjacentEvent>::contract().schema),
    ]
}

#[test]
fn every_reference_leads_somewhere_and_has_no_neighbour() {
    for (name, schema) in all() {
        walk(&schema, "", &mut |path, value| {
            if let Some(reference) = value["$ref"].as_str() {
                assert_eq!(value.as_object().expect("an object").len(), 1, "{name} {path}: {value}");
                assert!(schema.pointer(reference.trim_start_matches('#')).is_some(), "{name} {path}: {reference}");
            }
        });
    }
}

#[test]
fn each_variant_is_a_definition_and_the_enum_says_how_they_are_told_apart() {
    let schema = Hub::<InternalEvent>::contract().schema;
    let event = &schema["$defs"]["InternalEvent"];
    assert_eq!(event["description"], "Told apart by a field.");
    let names = [("said_aloud", "SaidAloud"), ("typing", "Typing"), ("moved", "Moved"), ("opened", "Opened"), ("closed", "Closed")];
    let path = |name: &str| format!("#/$defs/InternalEvent{name}");
    assert_eq!(event["oneOf"], names.map(|(_, name)| json!({ "$ref": path(name) })).into_iter().collect::<Value>());
    assert_eq!(event["discriminator"]["propertyName"], "type");
    for (wire, name) in names {
        assert_eq!(event["discriminator"]["mapping"][wire], path(name));
    }
    assert_eq!(schema["$defs"]["InternalEventSaidAloud"]["description"], "Somebody said something.");
    let adjacent = Hub::<AdjacentEvent>::contract().schema;
    assert_eq!(adjacent["$defs"]["AdjacentEvent"]["discriminator"]["propertyName"], "kind");
    let external = Hub::<External>::contract().schema;
    assert_eq!(external["$defs"]["External"]["oneOf"].as_array().map(Vec::len), Some(6));
    assert_eq!(external["$defs"]["External"].get("discriminator"), None, "there is no field to tell them apart by");
    assert_eq!(external["$defs"]["ExternalLocked"], json!({ "type": "string", "const": "Locked" }));
}

#[test]
fn an_item_binds_the_channel_to_what_comes_by_it() {
    let schema = Hub::<InternalEvent>::contract().schema;
    let said = &schema["$defs"]["InternalItemSaidAloud"];
    assert_eq!(said["properties"]["channel"]["pattern"], r"^room:(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+/v1\.0$");
    assert_eq!(said["properties"]["event"], json!({ "$ref": "#/$defs/InternalEventSaidAloud" }));
    assert_eq!(said["required"], json!(["channel", "id", "event"]));
    assert_eq!(schema["$defs"]["InternalItemMoved"]["properties"]["channel"], json!({ "type": "string", "const": "places" }));
    assert_eq!(schema["$defs"]["InternalItemTyping"]["required"], json!(["channel", "event"]), "a volatile event has no id");
    let kinds = schema["$defs"]["InternalItem"]["oneOf"].as_array().expect("kinds").len();
    assert_eq!(kinds, 5 + 6, "the events, presence, gap, heartbeat, end, bye, and what is not known yet");
    assert_eq!(schema["$defs"]["InternalItemPresence"]["properties"]["channel"], said["properties"]["channel"], "no other tells who is in");
    let none = Hub::<External>::contract().schema;
    assert_eq!(none["$defs"].get("ExternalItemPresence"), None);
}

#[test]
fn what_serde_writes_is_valid_and_a_variant_without_its_fields_is_not() {
    let place = || Place { across: 1, inside: Some(Box::new(Place { across: 2, inside: None })) };
    let event = |event: Value| json!({ "channel": "places", "id": "a-1", "event": event });
    let write = |event| serde_json::to_value(event).expect("JSON");
    let internal = [
        write(&InternalEvent::SaidAloud { room: "a".into(), place: place(), moods: vec![Mood::Glad, Mood::Cross] }),
        write(&InternalEvent::Typing { room: "a".into() }),
        write(&InternalEvent::Moved(place())),
        write(&InternalEvent::Opened),
        write(&InternalEvent::Closed),
    ];
    let schema = Hub::<InternalEvent>::contract().schema;
    let (item, defined) = (validator(&schema, None), validator(&schema, Some("InternalEvent")));
    for value in &internal {
        assert!(defined.is_valid(value), "{value}");
    }
    assert!(!defined.is_valid(&json!({ "type": "moved" })), "without the fields of its place");
    assert!(!defined.is_valid(&json!({ "type": "unheard of" })));
    assert!(item.is_valid(&event(internal[2].clone())));
    assert!(!item.is_valid(&json!({ "channel": "room:a/v1.0", "id": "a-1", "event": internal[2] })), "by another's channel");
    for told in [
        json!({ "position": "a-1" }),
        json!({ "channel": "places", "gap": { "reason": "lagged", "missed": null, "until": "a-1" } }),
        json!({ "bye": { "reason": "drain", "retry_ms": 5 } }),
        json!({ "snapshot": [1, 2, 3] }),
        json!({ "channel": "room:a/v1.0", "presence": { "joined": "ann", "count": 3 } }),
        json!({ "channel": "room:a/v1.0", "presence": { "here": ["ann", "bob"], "count": 2 } }),
        json!({ "channel": "room:a/v1.0", "presence": { "count": 101 } }),
    ] {
        assert!(item.is_valid(&told), "{told}");
    }
    assert!(!item.is_valid(&json!({ "channel": "room:a/v1.0", "presence": { "joined": "ann" } })), "without a count");
    let schema = validator(&Hub::<External>::contract().schema, Some("External"));
    for value in [External::Moved(place()), External::Pair(1, "x".into()), External::Opened, External::Locked, External::Closed] {
        let value = write_external(&value);
        assert!(schema.is_valid(&value), "{value}");
    }
    let said = write_external(&External::Said { room: "a".into(), place: place() });
    assert!(schema.is_valid(&said));
    let schema = validator(&Hub::<AdjacentEvent>::contract().schema, Some("AdjacentEvent"));
    let said = AdjacentEvent::Said { room: "a".into(), place: place() };
    for value in [said, AdjacentEvent::Moved(place()), AdjacentEvent::Pair(1, "x".into()), AdjacentEvent::Opened] {
        let value = serde_json::to_value(&value).expect("JSON");
        assert!(schema.is_valid(&value), "{value}");
    }
}

fn write_external(event: &External) -> Value {
    serde_json::to_value(event).expect("JSON")
}
