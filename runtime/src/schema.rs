//! The contract as JSON Schema 2020-12: item, event, channel, command and reply of one enum. Floor 8.
//!
//! It is written for generators as much as for validators: each variant is a definition of its own with a name, the enum a `oneOf`
//! of references with a discriminator, and nothing stands beside a `$ref`, where most of them look at nothing else.
//! What JSON Schema has no words for, which channel a variant goes to and how, stands in `x-triwire`.

mod definitions;
mod hash;
mod hoist;
mod outline;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::contract::{CHANNEL_NAME_BYTES, Part, Template, Variant};
use crate::protocol::{Bye, End, Gap, Presence};
use crate::transport::problem;
use definitions::Definitions;
pub(crate) use definitions::{each_reference, reached, refer};
pub(crate) use hash::digest;
use hoist::{Hoisted, for_generators, hoist, hoist_unnamed};
pub(crate) use outline::{Asked, Outline};
use outline::{Described, Happening, Kind};

/// Everything that documents are made of, in one walk over the types.
pub(crate) fn outline(contract: &Described) -> Outline {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let event = (contract.schema)(&mut generator).to_value();
    let told = Told {
        gap: generator.subschema_for::<Gap>().to_value(),
        end: generator.subschema_for::<End>().to_value(),
        bye: generator.subschema_for::<Bye>().to_value(),
        state: contract.state.map(|state| state(&mut generator).to_value()),
        presence: attended(contract).map(|channels| (channels, generator.subschema_for::<Presence>().to_value())),
    };
    let reply = contract.reply.map(|reply| reply(&mut generator).to_value());
    let problem = problem::schema(&mut generator).to_value();
    let mut definitions = Definitions::new(generator.take_definitions(true));

    let stem = contract.name.strip_suffix("Event").filter(|stem| !stem.is_empty()).unwrap_or(contract.name);
    let variants: Vec<&str> = contract.variants.iter().map(|variant| variant.name).collect();
    let Hoisted { whole: event, variants } = hoist(&mut definitions, event, contract.name, &variants);
    let state = told.state.clone().map(|state| definitions.named(&format!("{stem}State"), "The state of a channel.", state));
    let told = Told { state: state.as_deref().map(refer), ..told };
    let commands = contract.commands.zip(reply).map(|(commands, reply)| {
        // What is read is another contract than what is written: a field with a default may be left out here, and is always there.
        let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
        let command = commands(&mut generator).to_value();
        let command = definitions.merge(generator.take_definitions(true), command);
        let Hoisted { whole, variants } = hoist_unnamed(&mut definitions, command, &format!("{stem}Command"));
        let variants = variants.into_iter().map(|(name, _, definition)| (name, definition)).collect();
        Asked { definition: whole, variants, reply: definitions.named(&format!("{stem}Reply"), "What a command is answered.", reply) }
    });

    let opaque = "How far a reader has come: keep it, and resume with it. Opaque.";
    let position = definitions.add("Position", json!({ "type": "string", "description": opaque }));
    let channel = definitions.add(&format!("{stem}Channel"), channels(contract.name, contract.templates));
    let problem = definitions.add("Problem", problem);
    let words = Words { channel: refer(&channel), position: refer(&position) };
    let mut events = Vec::new();
    for (variant, (name, pascal, definition)) in contract.variants.iter().zip(variants) {
        let template = &contract.templates[variant.template];
        let item = event_item(contract, variant, template, &refer(&definition), &words);
        let item = definitions.add(&format!("{stem}Item{pascal}"), item);
        events.push(Happening { name, variant, template, definition, item });
    }
    let kinds = kinds(stem, &refer(&event), events.is_empty(), &told, &words, &mut definitions);
    let all: Vec<Value> =
        events.iter().map(|event| &event.item).chain(kinds.iter().map(|kind| &kind.definition)).map(|name| refer(name)).collect();
    let carries = format!("What a stream of `{}` carries, on every transport.", contract.name);
    let item = definitions.add(&format!("{stem}Item"), json!({ "description": carries, "oneOf": all }));
    let (name, templates) = (contract.name, contract.templates);
    let mut definitions = Value::Object(definitions.finish());
    for_generators(&mut definitions);
    Outline { name, stem: stem.to_owned(), templates, event, events, kinds, item, channel, position, problem, commands, state, definitions }
}

/// The document of one enum.
pub(crate) fn document(outline: &Outline) -> Value {
    let mut properties = json!({ "channel": refer(&outline.channel), "event": refer(&outline.event) });
    if let Some(commands) = &outline.commands {
        properties["command"] = refer(&commands.definition);
        properties["reply"] = refer(&commands.reply);
    }
    let mut document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{}Contract", outline.stem),
        "description": format!("An item of a stream of `{}`. Ignore a field that is not described.", outline.name),
        "allOf": [refer(&outline.item)],
        // The items say it too; here the enums themselves are named, for a generator leaves out what nothing leads to.
        "properties": properties,
        "$defs": outline.definitions,
    });
    let mut facts = outline.facts();
    facts["hash"] = hash::of(&facts, &outline.definitions, &outline.roots()).into();
    document["x-triwire"] = facts;
    document.sort_all_objects();
    document
}

/// What is told beside events, as schemars has it.
struct Told {
    gap: Value,
    end: Value,
    bye: Value,
    state: Option<Value>,
    /// With the channels that tell it.
    presence: Option<(Value, Value)>,
}

/// References to what most items have.
struct Words {
    channel: Value,
    position: Value,
}

/// The items that are no variant's own.
fn kinds(stem: &str, event: &Value, untold: bool, told: &Told, words: &Words, definitions: &mut Definitions) -> Vec<Kind> {
    let Words { channel, position } = words;
    let mut kinds = Vec::new();
    if untold {
        // A schema in a form of its own, written by hand: one item for all, whatever channel and id it has.
        let mut any = object("An event.", [("channel", channel), ("id", position), ("event", event)]);
        any["required"] = json!(["channel", "event"]);
        kinds.push(("Event", any));
    }
    let gap = object("A loss: what the channel had up to `until` does not come.", [("channel", channel), ("gap", &told.gap)]);
    let mut heartbeat = object("Nothing for this reader up to here: keep it.", [("position", position)]);
    let mut known = vec!["event", "gap", "position", "end", "bye"];
    if let Some(state) = &told.state {
        known.push("snapshot");
        heartbeat["not"] = json!({ "required": ["snapshot"] });
        let fields = [("channel", channel), ("snapshot", state), ("position", position)];
        kinds.push(("Snapshot", object("The state of the channel, with all of its events up to `position` in it.", fields)));
    }
    if let Some((channels, presence)) = &told.presence {
        known.push("presence");
        let description = "Who came, who went, or all who are in the channel; of many only the count.";
        kinds.push(("Presence", object(description, [("channel", channels), ("presence", presence)])));
    }
    let ended = object("Nothing more of the channel comes.", [("channel", channel), ("end", &told.end)]);
    let bye = object("The stream ends after it.", [("bye", &told.bye)]);
    let known: Vec<Value> = known.into_iter().map(|field| json!({ "required": [field] })).collect();
    let unknown = json!({ "type": "object", "description": "An item of a later version: ignore it.", "not": { "anyOf": known } });
    kinds.extend([("Gap", gap), ("Heartbeat", heartbeat), ("End", ended), ("Bye", bye), ("Unknown", unknown)]);
    let named = kinds.into_iter().map(|(name, kind)| Kind { name, definition: definitions.add(&format!("{stem}Item{name}"), kind) });
    named.collect()
}

/// The item of one variant: its channels, its id unless it is volatile, and the event.
fn event_item(contract: &Described, variant: &Variant, template: &Template, event: &Value, words: &Words) -> Value {
    let channel = pattern(template);
    let mut item = if variant.volatile {
        object("An event to be seen now: it is never replayed.", [("channel", &channel), ("event", event)])
    } else {
        object("An event; resume with its `id`.", [("channel", &channel), ("id", &words.position), ("event", event)])
    };
    if contract.commands.is_some() {
        item["properties"]["cause"] = json!({ "type": "string", "description": "The key of the command that led to it." });
    }
    item
}

/// An object with these fields, all required, and others allowed.
pub(crate) fn object<const N: usize>(description: &str, properties: [(&str, &Value); N]) -> Value {
    let required = properties.map(|(name, _)| name);
    let properties: Map<String, Value> = properties.map(|(name, schema)| (name.to_owned(), schema.clone())).into_iter().collect();
    json!({ "type": "object", "description": description, "required": &required[..], "properties": properties })
}

fn channels(event: &str, templates: &[Template]) -> Value {
    let patterns: Vec<Value> = templates.iter().map(pattern).collect();
    json!({ "description": format!("The channels of `{event}`."), "oneOf": patterns })
}

/// The channels that tell who is in, if any do.
fn attended(contract: &Described) -> Option<Value> {
    let tells = |at: usize| contract.variants.iter().any(|variant| variant.presence && variant.template == at);
    let mut patterns: Vec<Value> =
        contract.templates.iter().enumerate().filter(|(at, _)| tells(*at)).map(|(_, template)| pattern(template)).collect();
    match patterns.len() {
        0 | 1 => patterns.pop(),
        _ => Some(json!({ "oneOf": patterns })),
    }
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
