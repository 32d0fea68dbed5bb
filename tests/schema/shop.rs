//! An enum in which serde is told everything that it can be told, and what its schema says of it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use triwire::{Hub, Realtime};
use url::Url;
use uuid::Uuid;

use super::shape::validator;

/// What a shop tells.
///
/// To everybody behind its counter.
#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(commands = ShopCommand, reply = Receipt, state = Shelf)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[allow(clippy::large_enum_variant, reason = "few are made")]
pub(super) enum ShopEvent {
    /// Somebody ordered.
    #[realtime(channel = "order:{number}")]
    OrderPlaced {
        number: Uuid,
        at: DateTime<Utc>,
        /// Where they came from.
        #[serde(rename = "from")]
        referrer: Option<Url>,
        order: Order,
        #[schemars(example = 12, title = "Cents")]
        total: u64,
        balance: i64,
        #[deprecated = "look at `total`"]
        price: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(skip)]
        #[allow(dead_code, reason = "nobody is sent it")]
        secret: String,
    },
    #[realtime(channel = "order:{number}", ends)]
    #[serde(rename = "gone")]
    #[deprecated]
    OrderGone { number: Uuid },
    #[realtime(channel = "shelf", latest, key = place)]
    Filled { place: u8 },
    #[realtime(channel = "shelf", volatile)]
    Looked(Glance),
    #[realtime(channel = "staff/{who}", audience = "{who}")]
    Called { who: String },
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(super) struct Order {
    #[serde(flatten)]
    whither: Address,
    #[serde(rename = "qty", default)]
    quantity: u32,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub(super) struct Address {
    street_name: String,
    #[serde(default)]
    floor: i16,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Glance {
    seconds: u8,
    parcels: Vec<Parcel>,
}

/// Read as it is written, and what is in it is not.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(super) struct Parcel {
    order: Order,
}

/// What is there.
#[derive(Serialize, JsonSchema)]
pub(super) struct Shelf {
    places: Vec<Option<u8>>,
}

/// What may be asked of a shop.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code, reason = "what is read is not looked at")]
pub(super) enum ShopCommand {
    /// Orders.
    Order(Order),
    /// Looks.
    Look {
        #[serde(default = "long")]
        seconds: u8,
        at: Option<String>,
    },
    Return(Parcel),
    Leave,
}

fn long() -> u8 {
    30
}

/// What came of it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Receipt {
    number: Uuid,
}

triwire::contract!(ShopEvent);

fn schema() -> Value {
    Hub::<ShopEvent>::contract().schema
}

#[allow(deprecated, reason = "it is a part of the contract for as long as it is there")]
fn placed(number: Uuid, total: u64, note: Option<&str>) -> ShopEvent {
    let order = Order { whither: Address { street_name: "Elm".into(), floor: -1 }, quantity: 2 };
    let (at, referrer) = (DateTime::UNIX_EPOCH, Url::parse("https://shop.example/a?b=c").ok());
    let (note, secret) = (note.map(str::to_owned), "hidden".into());
    ShopEvent::OrderPlaced { number, at, referrer, order, total, balance: i64::MIN, price: 0.5, note, secret }
}

fn written(event: &ShopEvent) -> Value {
    serde_json::to_value(event).expect("JSON")
}

#[test]
fn a_variant_is_described_as_serde_writes_it() {
    let schema = schema();
    let placed = &schema["$defs"]["ShopEventOrderPlaced"];
    assert_eq!(
        *placed,
        json!({
            "type": "object",
            "description": "Somebody ordered.",
            "properties": {
                "type": { "type": "string", "const": "order-placed" },
                "number": { "type": "string", "format": "uuid" },
                "at": { "type": "string", "format": "date-time" },
                "from": { "type": ["string", "null"], "format": "uri", "description": "Where they came from." },
                "order": { "$ref": "#/$defs/Order" },
                "total": { "type": "integer", "format": "uint64", "minimum": 0, "title": "Cents", "examples": [12] },
                "balance": { "type": "integer", "format": "int64" },
                "price": { "type": "number", "format": "double", "deprecated": true },
                "note": { "type": ["string", "null"] },
            },
            "required": ["type", "number", "at", "from", "order", "total", "balance", "price"],
        })
    );
    let event = &schema["$defs"]["ShopEvent"];
    assert_eq!(event["description"], "What a shop tells.\n\nTo everybody behind its counter.");
    assert_eq!(schema["$defs"]["ShopEventGone"]["deprecated"], true);
}

#[test]
#[allow(deprecated, reason = "it is a part of the contract for as long as it is there")]
fn what_serde_writes_is_valid_and_nothing_less_is() {
    let schema = schema();
    let event = validator(&schema, Some("ShopEvent"));
    let values = [
        written(&placed(Uuid::max(), u64::MAX, None)),
        written(&placed(Uuid::nil(), 0, Some("quick"))),
        written(&ShopEvent::OrderGone { number: Uuid::nil() }),
        written(&ShopEvent::Filled { place: 3 }),
        written(&ShopEvent::Looked(Glance { seconds: 1, parcels: vec![] })),
        written(&ShopEvent::Called { who: "ada".into() }),
    ];
    for value in &values {
        assert!(event.is_valid(value), "{value}: {:?}", event.iter_errors(value).map(|error| error.to_string()).collect::<Vec<_>>());
        assert_eq!(value.get("secret"), None);
        for name in value.as_object().expect("an object").keys().filter(|name| *name != "note") {
            let mut less = value.clone();
            less.as_object_mut().expect("an object").remove(name);
            assert!(!event.is_valid(&less), "without `{name}`: {less}");
        }
    }
    for (pointer, wrong) in [
        ("/number", json!("7")),
        ("/at", json!("yesterday")),
        ("/from", json!("not a place")),
        ("/total", json!(-1)),
        ("/total", json!("12")),
        ("/order/FLOOR", json!(null)),
        ("/order/STREET-NAME", json!(5)),
    ] {
        let mut value = values[0].clone();
        *value.pointer_mut(pointer).expect("a field") = wrong;
        assert!(!event.is_valid(&value), "{pointer}: {value}");
    }
}

/// A schema of what is read agrees with what reads it.
#[test]
fn a_command_is_described_as_serde_reads_it() {
    let schema = schema();
    let command = validator(&schema, Some("ShopCommand"));
    let mut seen = [0, 0];
    for value in [
        json!({ "order": { "STREET-NAME": "Elm", "FLOOR": 1, "qty": 2 } }),
        json!({ "order": { "STREET-NAME": "Elm" } }),
        json!({ "order": { "FLOOR": 1, "qty": 2 } }),
        json!({ "order": { "STREET-NAME": "Elm", "qty": -2 } }),
        json!({ "order": { "street_name": "Elm" } }),
        json!({ "return": { "order": { "STREET-NAME": "Elm" } } }),
        json!({ "look": {} }),
        json!({ "look": { "seconds": 5, "at": null } }),
        json!({ "look": { "seconds": 256 } }),
        json!({ "look": { "seconds": null } }),
        json!({ "look": { "minutes": 1 } }),
        json!("leave"),
        json!("stay"),
        json!({ "leave": 1 }),
        json!({}),
        json!(null),
    ] {
        let read = serde_json::from_value::<ShopCommand>(value.clone()).is_ok();
        assert_eq!(command.is_valid(&value), read, "{value}");
        seen[usize::from(read)] += 1;
    }
    assert_eq!(seen, [10, 6], "of both kinds");
    let look = &schema["$defs"]["ShopCommandLook"]["properties"]["look"];
    assert_eq!(look["properties"]["seconds"]["default"], 30);
}

#[test]
fn what_is_read_otherwise_than_it_is_written_has_two_schemas() {
    let schema = schema();
    let required = |name: &str| schema["$defs"][name]["required"].clone();
    assert_eq!(required("Order"), json!(["STREET-NAME", "FLOOR", "qty"]));
    assert_eq!(required("OrderInput"), json!(["STREET-NAME"]));
    assert_eq!(schema["$defs"]["ShopCommandOrder"]["properties"]["order"], json!({ "$ref": "#/$defs/OrderInput" }));
    let inside = |name: &str| schema["$defs"][name]["properties"]["order"]["$ref"].clone();
    assert_eq!([inside("Parcel"), inside("ParcelInput")], ["#/$defs/Order", "#/$defs/OrderInput"]);
    assert_eq!(schema["$defs"].get("ReceiptInput"), None, "nobody reads it");
}

#[test]
fn what_a_schema_has_no_words_for_is_said_beside_it() {
    let mut facts = schema()["x-triwire"].clone();
    let hash = facts.as_object_mut().and_then(|facts| facts.remove("hash")).expect("a hash");
    assert_eq!(hash, Hub::<ShopEvent>::contract().hash);
    assert_eq!(
        facts,
        json!({
            "protocol": 1,
            "name": "ShopEvent",
            "event": "ShopEvent",
            "channel": "ShopChannel",
            "channels": [
                { "name": "order", "template": "order:{number}", "parameters": ["number"] },
                { "name": "shelf", "template": "shelf", "parameters": [] },
                { "name": "staff", "template": "staff/{who}", "parameters": ["who"] },
            ],
            "events": [
                { "name": "order-placed", "channel": "order:{number}", "definition": "ShopEventOrderPlaced", "item": "ShopItemOrderPlaced" },
                { "name": "gone", "channel": "order:{number}", "definition": "ShopEventGone", "item": "ShopItemGone", "ends": true },
                { "name": "filled", "channel": "shelf", "definition": "ShopEventFilled", "item": "ShopItemFilled", "latest": true },
                { "name": "looked", "channel": "shelf", "definition": "ShopEventLooked", "item": "ShopItemLooked", "volatile": true },
                { "name": "called", "channel": "staff/{who}", "definition": "ShopEventCalled", "item": "ShopItemCalled", "audience": true },
            ],
            "command": "ShopCommand",
            "commands": [
                { "name": "leave", "definition": "ShopCommandLeave" },
                { "name": "look", "definition": "ShopCommandLook" },
                { "name": "order", "definition": "ShopCommandOrder" },
                { "name": "return", "definition": "ShopCommandReturn" },
            ],
            "reply": "Receipt",
            "state": "Shelf",
        })
    );
}
