//! What stands where in the document.

use serde_json::{Value, json};
use triwire::Hub;

use super::enums::{AdjacentEvent, External, InternalEvent, Mood, Place};

/// Every object of the document, with the path that leads to it.
fn walk<'a>(value: &'a Value, path: &str, see: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Object(fields) => {
            see(path, value);
            fields.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"), see));
        }
        Value::Array(values) => values.iter().enumerate().for_each(|(at, value)| walk(value, &format!("{path}/{at}"), see)),
        _ => {}
    }
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
fn the_same_enum_gives_the_same_text() {
    for ((_, first), (_, second)) in all().into_iter().zip(all()) {
        assert_eq!(first.to_string(), second.to_string());
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
    assert_eq!(kinds, 5 + 5, "the events, gap, heartbeat, end, bye, and what is not known yet");
}

/// A small validator: of what these documents use, and nothing else.
fn valid(schema: &Value, root: &Value, value: &Value) -> bool {
    let each = |name: &str, all: bool| {
        let Some(parts) = schema[name].as_array() else { return true };
        let count = parts.iter().filter(|part| valid(part, root, value)).count();
        if all { count == parts.len() } else { count == 1 }
    };
    let kind = |name: &Value| match name.as_str().expect("a name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("`{other}` is not known to this test"),
    };
    let kinds = match &schema["type"] {
        Value::Null => true,
        Value::Array(names) => names.iter().any(kind),
        name => kind(name),
    };
    let fields = schema["properties"]
        .as_object()
        .is_none_or(|fields| fields.iter().all(|(name, part)| value.get(name).is_none_or(|value| valid(part, root, value))));
    kinds
        && fields
        && each("oneOf", false)
        && each("allOf", true)
        && schema["$ref"].as_str().is_none_or(|path| valid(root.pointer(&path[1..]).expect("a definition"), root, value))
        && schema["anyOf"].as_array().is_none_or(|parts| parts.iter().any(|part| valid(part, root, value)))
        && schema.get("not").is_none_or(|part| !valid(part, root, value))
        && schema.get("const").is_none_or(|only| only == value)
        && schema["pattern"].as_str().is_none_or(|pattern| matches(pattern, value.as_str().unwrap_or_default()))
        && schema["enum"].as_array().is_none_or(|names| names.contains(value))
        && schema["required"].as_array().is_none_or(|names| names.iter().all(|name| value.get(name.as_str().expect("a name")).is_some()))
        && (schema["additionalProperties"] != false
            || value.as_object().is_none_or(|fields| fields.keys().all(|name| schema["properties"].get(name).is_some())))
}

/// A channel's pattern: its parts before and behind the one parameter of these enums.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.replace("\\.", ".");
    let (before, behind) = pattern[1..pattern.len() - 1].split_once("(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+").expect("a parameter");
    text.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind)).is_some_and(|value| !value.is_empty())
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
    let defined = |name: &str, value: &Value| valid(&schema["$defs"][name], &schema, value);
    for value in &internal {
        assert!(defined("InternalEvent", value), "{value}");
    }
    assert!(!defined("InternalEvent", &json!({ "type": "moved" })), "without the fields of its place");
    assert!(!defined("InternalEvent", &json!({ "type": "unheard of" })));
    assert!(valid(&schema, &schema, &event(internal[2].clone())));
    assert!(!valid(&schema, &schema, &json!({ "channel": "room:a/v1.0", "id": "a-1", "event": internal[2] })), "by another's channel");
    for told in [
        json!({ "position": "a-1" }),
        json!({ "channel": "places", "gap": { "reason": "lagged", "missed": null, "until": "a-1" } }),
        json!({ "bye": { "reason": "drain", "retry_ms": 5 } }),
        json!({ "snapshot": [1, 2, 3] }),
    ] {
        assert!(valid(&schema, &schema, &told), "{told}");
    }
    let schema = Hub::<External>::contract().schema;
    for value in [External::Moved(place()), External::Pair(1, "x".into()), External::Opened, External::Locked, External::Closed] {
        let value = write_external(&value);
        assert!(valid(&schema["$defs"]["External"], &schema, &value), "{value}");
    }
    let said = write_external(&External::Said { room: "a".into(), place: place() });
    assert!(valid(&schema["$defs"]["External"], &schema, &said));
    let schema = Hub::<AdjacentEvent>::contract().schema;
    let said = AdjacentEvent::Said { room: "a".into(), place: place() };
    for value in [said, AdjacentEvent::Moved(place()), AdjacentEvent::Pair(1, "x".into()), AdjacentEvent::Opened] {
        let value = serde_json::to_value(&value).expect("JSON");
        assert!(valid(&schema["$defs"]["AdjacentEvent"], &schema, &value), "{value}");
    }
}

fn write_external(event: &External) -> Value {
    serde_json::to_value(event).expect("JSON")
}
