//! The contract as JSON Schema 2020-12: event, channel and item of one enum. Floor 8.
//!
//! It is written for generators as much as for validators: each variant is a definition of its own with a name, the enum a `oneOf`
//! of references with a discriminator, and nothing stands beside a `$ref`, where most of them look at nothing else.

mod hoist;

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::contract::{CHANNEL_NAME_BYTES, Channels, Contract, Part, Realtime, Template, Variant};
use crate::hub::Hub;
use crate::protocol::{Bye, End, Gap};
use hoist::{Definitions, Hoisted, for_generators, hoist};

impl<E: Realtime> Hub<E> {
    /// The contract of the enum as JSON Schema 2020-12: the whole describes an item, and `$defs` has the event, its variants, the
    /// channels and each kind of item. The same enum always gives the same text. `GET /schema.json` answers it.
    #[must_use]
    pub fn schema() -> Value {
        document(&E::CONTRACT.into(), E::Channel::TEMPLATES)
    }
}

/// What of a contract describes it; not generic, so that what follows compiles once.
struct Described {
    name: &'static str,
    variants: &'static [Variant],
    schema: fn(&mut SchemaGenerator) -> Schema,
    state: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Whether events may have the key of a command for their cause.
    has_commands: bool,
}

impl<E: Realtime> From<Contract<E>> for Described {
    fn from(contract: Contract<E>) -> Self {
        Self {
            name: contract.name,
            variants: contract.variants,
            schema: contract.schema,
            state: contract.states.map(|states| states.schema),
            has_commands: contract.commands.is_some(),
        }
    }
}

fn document(contract: &Described, templates: &[Template]) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let event = (contract.schema)(&mut generator).to_value();
    let gap = generator.subschema_for::<Gap>().to_value();
    let ended = generator.subschema_for::<End>().to_value();
    let bye = generator.subschema_for::<Bye>().to_value();
    let state = contract.state.map(|state| state(&mut generator).to_value());
    let mut definitions = Definitions::new(generator.take_definitions(true));
    let variants: Vec<&str> = contract.variants.iter().map(|variant| variant.name).collect();
    let Hoisted { event, variants } = hoist(&mut definitions, event, contract.name, &variants);

    let stem = contract.name.strip_suffix("Event").filter(|stem| !stem.is_empty()).unwrap_or(contract.name);
    let opaque = "How far a reader has come: keep it, and resume with it. Opaque.";
    let position = definitions.add("Position", json!({ "type": "string", "description": opaque }));
    let channel = definitions.add(&format!("{stem}Channel"), channels(contract.name, templates));

    let mut kinds = Vec::new();
    for (variant, (name, event)) in contract.variants.iter().zip(variants) {
        kinds.push((name, event_item(contract, variant, &templates[variant.template], &event, &position)));
    }
    if kinds.is_empty() {
        // A schema in a form of its own, written by hand: one item for all, whatever channel and id it has.
        let mut any = object("An event.", [("channel", &channel), ("id", &position), ("event", &event)]);
        any["required"] = json!(["channel", "event"]);
        kinds.push(("Event".to_owned(), any));
    }
    let gap = object("A loss: what the channel had up to `until` does not come.", [("channel", &channel), ("gap", &gap)]);
    let mut heartbeat = object("Nothing for this reader up to here: keep it.", [("position", &position)]);
    let mut known = vec!["event", "gap", "position", "end", "bye"];
    if let Some(state) = state {
        known.push("snapshot");
        heartbeat["not"] = json!({ "required": ["snapshot"] });
        let fields = [("channel", &channel), ("snapshot", &state), ("position", &position)];
        kinds.push(("Snapshot".to_owned(), object("The state of the channel, with all of its events up to `position` in it.", fields)));
    }
    let ended = object("Nothing more of the channel comes.", [("channel", &channel), ("end", &ended)]);
    let bye = object("The stream ends after it.", [("bye", &bye)]);
    let known: Vec<Value> = known.into_iter().map(|field| json!({ "required": [field] })).collect();
    let unknown = json!({ "type": "object", "description": "An item of a later version: ignore it.", "not": { "anyOf": known } });
    let others = [("Gap", gap), ("Heartbeat", heartbeat), ("End", ended), ("Bye", bye), ("Unknown", unknown)];
    kinds.extend(others.map(|(name, kind)| (name.to_owned(), kind)));

    let kinds: Vec<Value> = kinds.into_iter().map(|(name, kind)| definitions.add(&format!("{stem}Item{name}"), kind)).collect();
    let carries = format!("What a stream of `{}` carries, on every transport.", contract.name);
    let item = definitions.add(&format!("{stem}Item"), json!({ "description": carries, "oneOf": kinds }));
    let mut document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{stem}Contract"),
        "description": format!("An item of a stream of `{}`. Ignore a field that is not described.", contract.name),
        "allOf": [item],
        // The items say it too; here the enums themselves are named, for a generator leaves out what nothing leads to.
        "properties": { "channel": channel, "event": event },
        "$defs": definitions.finish(),
    });
    for_generators(&mut document);
    document
}

/// The item of one variant: its channels, its id unless it is volatile, and the event.
fn event_item(contract: &Described, variant: &Variant, template: &Template, event: &Value, position: &Value) -> Value {
    let channel = pattern(template);
    let mut item = if variant.volatile {
        object("An event to be seen now: it is never replayed.", [("channel", &channel), ("event", event)])
    } else {
        object("An event; resume with its `id`.", [("channel", &channel), ("id", position), ("event", event)])
    };
    if contract.has_commands {
        item["properties"]["cause"] = json!({ "type": "string", "description": "The key of the command that led to it." });
    }
    item
}

/// An object with these fields, all required, and others allowed.
fn object<const N: usize>(description: &str, properties: [(&str, &Value); N]) -> Value {
    let required = properties.map(|(name, _)| name);
    let properties: Map<String, Value> = properties.map(|(name, schema)| (name.to_owned(), schema.clone())).into_iter().collect();
    json!({ "type": "object", "description": description, "required": &required[..], "properties": properties })
}

fn channels(event: &str, templates: &[Template]) -> Value {
    let patterns: Vec<Value> = templates.iter().map(pattern).collect();
    json!({ "description": format!("The channels of `{event}`."), "oneOf": patterns })
}

/// The names of one template: a constant, or a pattern in the syntax of ECMA-262.
fn pattern(template: &Template) -> Value {
    if let [Part::Literal(text)] = template.parts {
        return json!({ "type": "string", "const": text });
    }
    let parts = template.parts.iter().map(|part| match part {
        // Of a literal's signs only the dot means something in a pattern.
        Part::Literal(text) => text.replace('.', "\\."),
        Part::Parameter(_) => "(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+".to_owned(),
    });
    let pattern: String = parts.collect();
    json!({ "type": "string", "description": format!("`{template}`"), "pattern": format!("^{pattern}$"), "maxLength": CHANNEL_NAME_BYTES })
}

/// The schema as it is answered: made once, and not sent again to who has it.
pub(crate) struct Document {
    json: Bytes,
    tag: HeaderValue,
}

impl Document {
    pub(crate) fn new(schema: &Value) -> Self {
        let json = Bytes::from(schema.to_string());
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish()).try_into().expect("digits are a header's value");
        Self { json, tag }
    }

    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response {
        let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let had = tags.flat_map(|list| list.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == self.tag);
        let mut response = Response::new(if had { Body::empty() } else { Body::from(self.json.clone()) });
        if had {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::ETAG, self.tag.clone());
        response
    }
}
