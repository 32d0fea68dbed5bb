//! Schemas at random, and what becomes of them by edits at random: what is called compatible, no value contradicts.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use triwire::lock::{Change, Direction, Verdict, compare};

use super::judge::{Side, judge};

const NAMES: [&str; 4] = ["a", "b", "c", "value"];
const DEFINITIONS: [&str; 2] = ["One", "Two"];

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "type": "integer" })),
        prop::sample::select(&["uint8", "int16", "uint32", "int64", "uint64"][..])
            .prop_map(|format| json!({ "type": "integer", "format": format })),
        prop::sample::select(&["float", "double"][..]).prop_map(|format| json!({ "type": "number", "format": format })),
        (-2..3_i32, 3..6_i32).prop_map(|(least, most)| json!({ "type": "integer", "minimum": least, "maximum": most })),
        (0..2_i32, 2..5_i32).prop_map(|(least, most)| json!({ "type": "number", "exclusiveMinimum": least, "maximum": most })),
    ]
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "type": "string" })),
        (0..3_u32, 3..5_u32).prop_map(|(least, most)| json!({ "type": "string", "minLength": least, "maxLength": most })),
        prop::sample::select(&["uuid", "date", "email"][..]).prop_map(|format| json!({ "type": "string", "format": format })),
        prop::sample::select(&["^[a-z]+$", "^\\d+$"][..]).prop_map(|pattern| json!({ "type": "string", "pattern": pattern })),
        prop::sample::subsequence(NAMES.to_vec(), 1..4).prop_map(|names| json!({ "type": "string", "enum": names })),
        prop::sample::select(&NAMES[..]).prop_map(|name| json!({ "const": name })),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    let reference = prop::sample::select(&DEFINITIONS[..]).prop_map(|name| json!({ "$ref": format!("#/$defs/{name}") }));
    prop_oneof![
        3 => number(),
        3 => text(),
        1 => Just(json!({ "type": "boolean" })),
        1 => Just(json!(true)),
        1 => Just(json!({ "type": ["string", "null"] })),
        1 => Just(json!({ "type": ["integer", "null"], "format": "uint8" })),
        2 => reference,
    ]
}

fn object(schema: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    let fields = prop::collection::btree_map(prop::sample::select(&NAMES[..]), (schema.clone(), any::<bool>()), 0..4);
    let others = prop_oneof![3 => Just(None), 1 => Just(Some(json!(false))), 1 => schema.prop_map(Some)];
    (fields, others).prop_map(|(fields, others)| {
        let required: Vec<&str> = fields.iter().filter(|(_, (_, is_required))| *is_required).map(|(name, _)| *name).collect();
        let mut object = json!({ "type": "object", "required": required });
        object["properties"] = fields.iter().map(|(name, (schema, _))| ((*name).to_owned(), schema.clone())).collect::<Map<_, _>>().into();
        if let Some(others) = others {
            object["additionalProperties"] = others;
        }
        object
    })
}

/// An enum as serde writes it: told apart by a field, by the name of the only field, or by nothing.
fn variants(schema: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    let named = prop::collection::btree_map(prop::sample::select(&NAMES[..]), schema.clone(), 1..4);
    let tagged = (named.clone(), prop::sample::select(&["type", "kind"][..])).prop_map(|(named, tag)| {
        let variant = |(name, schema): (&str, Value)| json!({ "type": "object", "required": [tag, "v"], "properties": { tag: { "type": "string", "const": name }, "v": schema } });
        json!({ "oneOf": named.into_iter().map(variant).collect::<Vec<_>>() })
    });
    let external = named.prop_map(|named| {
        let variant = |(name, schema): (&str, Value)| json!({ "type": "object", "required": [name], "properties": { name: schema }, "additionalProperties": false });
        let unit = json!({ "type": "string", "enum": ["unit"] });
        json!({ "oneOf": named.into_iter().map(variant).chain([unit]).collect::<Vec<_>>() })
    });
    let untagged = prop::collection::vec(schema.clone(), 1..4).prop_map(|parts| json!({ "anyOf": parts }));
    let nullable = schema.prop_map(|schema| json!({ "anyOf": [schema, { "type": "null" }] }));
    prop_oneof![tagged, external, untagged, nullable]
}

fn schema() -> impl Strategy<Value = Value> + Clone {
    let leaf = leaf().boxed();
    leaf.prop_recursive(3, 12, 3, |inner| {
        let list = (inner.clone(), 0..2_u32, 2..4_u32)
            .prop_map(|(items, least, most)| json!({ "type": "array", "items": items, "minItems": least, "maxItems": most }));
        let tuple = prop::collection::vec(inner.clone(), 1..3)
            .prop_map(|first| json!({ "type": "array", "prefixItems": first, "minItems": first.len(), "maxItems": first.len() }));
        let map = inner.clone().prop_map(|entries| json!({ "type": "object", "additionalProperties": entries }));
        let joined = (object(inner.clone()), object(inner.clone())).prop_map(|(one, two)| json!({ "allOf": [one, two] }));
        prop_oneof![3 => object(inner.clone()), 3 => variants(inner), 1 => list, 1 => tuple, 1 => map, 1 => joined]
    })
    .boxed()
}

/// The places of a document where a schema stands.
fn places(value: &Value, path: &str, places: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    places.push(path.to_owned());
    for (keyword, value) in fields {
        let path = format!("{path}/{keyword}");
        match (keyword.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => {
                named.iter().for_each(|(name, schema)| self::places(schema, &format!("{path}/{name}"), places));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(parts)) => {
                parts.iter().enumerate().for_each(|(at, schema)| self::places(schema, &format!("{path}/{at}"), places));
            }
            ("items" | "additionalProperties", schema) => self::places(schema, &path, places),
            _ => {}
        }
    }
}

/// What is done to a schema: a keyword, and what it is then; none takes it out.
fn edit() -> impl Strategy<Value = (usize, Edit)> {
    let name = || prop::sample::select(&NAMES[..]);
    let keyword = prop_oneof![
        (0..3_i32).prop_map(|least| ("minimum", Some(json!(least)))),
        (2..9_i32).prop_map(|most| ("maximum", Some(json!(most)))),
        (0..4_u32).prop_map(|least| ("minLength", Some(json!(least)))),
        (0..4_u32).prop_map(|count| ("maxItems", Some(json!(count)))),
        (0..2_u32).prop_map(|count| ("minItems", Some(json!(count)))),
        any::<bool>().prop_map(|is_unique| ("uniqueItems", Some(json!(is_unique)))),
        prop::option::of(prop::sample::select(&["uint8", "int64", "float", "date"][..]))
            .prop_map(|format| ("format", format.map(|format| json!(format)))),
        Just(("pattern", None)),
        Just(("pattern", Some(json!("^[a-z]+$")))),
        prop::sample::subsequence(NAMES.to_vec(), 0..4).prop_map(|names| ("required", Some(json!(names)))),
        prop::option::of(any::<bool>()).prop_map(|others| ("additionalProperties", others.map(|others| json!(others)))),
        prop::sample::select(&["string", "integer", "number"][..]).prop_map(|name| ("type", Some(json!(name)))),
        Just(("description", Some(json!("said")))),
        Just(("not", Some(json!({ "const": 1 })))),
    ];
    let edit = prop_oneof![
        6 => keyword.prop_map(|(keyword, value)| Edit::Keyword(keyword, value)),
        2 => (name(), schema()).prop_map(|(name, schema)| Edit::Field(name, Some(schema))),
        2 => name().prop_map(|name| Edit::Field(name, None)),
        1 => name().prop_map(Edit::Value),
        2 => any::<usize>().prop_map(Edit::Shorten),
        1 => schema().prop_map(Edit::Whole),
        1 => Just(Edit::Nullable),
    ];
    (any::<usize>(), edit)
}

#[derive(Clone, Debug)]
enum Edit {
    Keyword(&'static str, Option<Value>),
    /// A field comes, or goes.
    Field(&'static str, Option<Value>),
    /// A value of an enum comes.
    Value(&'static str),
    /// A case, or a value, goes.
    Shorten(usize),
    Whole(Value),
    Nullable,
}

fn apply(document: &mut Value, at: usize, edit: Edit) {
    let mut found = Vec::new();
    for name in ["Whole", "One", "Two"] {
        places(&document["$defs"][name], &format!("/$defs/{name}"), &mut found);
    }
    let place = &found[at % found.len()];
    let schema = document.pointer_mut(place).expect("it was found there");
    match edit {
        Edit::Whole(whole) => *schema = if place == "/$defs/One" || place == "/$defs/Two" { held(&whole) } else { whole },
        Edit::Nullable => *schema = json!({ "anyOf": [schema.take(), { "type": "null" }] }),
        Edit::Keyword(keyword, Some(value)) => schema[keyword] = value,
        Edit::Keyword(keyword, None) => drop(schema.as_object_mut().map(|fields| fields.remove(keyword))),
        Edit::Field(name, Some(field)) if schema["properties"].is_object() => schema["properties"][name] = field,
        Edit::Field(name, None) => {
            schema.get_mut("properties").and_then(Value::as_object_mut).map(|fields| fields.remove(name));
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|field| field != name);
            }
        }
        Edit::Value(name) => {
            if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut).filter(|values| !values.contains(&json!(name))) {
                values.push(json!(name));
            }
        }
        Edit::Shorten(at) => {
            for keyword in ["enum", "oneOf", "anyOf"] {
                if let Some(parts) = schema.get_mut(keyword).and_then(Value::as_array_mut).filter(|parts| parts.len() > 1) {
                    parts.remove(at % parts.len());
                }
            }
        }
        Edit::Field(..) => {}
    }
}

/// In a field: so what refers to itself has something in between.
fn held(schema: &Value) -> Value {
    json!({ "type": "object", "properties": { "held": schema } })
}

/// The smallest contract with this in one field of an event, and of a command.
fn contract(schema: &Value, definitions: [&Value; 2]) -> Value {
    let variant = |name: &str| json!({ "type": "object", "required": ["type", "field"], "properties": { "type": { "const": name }, "field": { "$ref": "#/$defs/Whole" } } });
    json!({
        "$defs": { "Whole": schema, "One": held(definitions[0]), "Two": held(definitions[1]), "Told": { "oneOf": [variant("told")] }, "Asked": { "oneOf": [variant("asked")] } },
        "x-triwire": { "event": "Told", "command": "Asked" },
    })
}

fn told(old: &Value, new: &Value, direction: Direction) -> Vec<Change> {
    compare(old, new).into_iter().filter(|change| change.direction == direction).collect()
}

fn side<'a>(root: &'a Value, name: &str) -> Side<'a> {
    Side { root, schema: &root["$defs"][name] }
}

#[test]
fn what_is_called_compatible_is_contradicted_by_no_value() {
    let whole = prop_oneof![object(schema()), variants(schema())];
    let edited = (whole, schema(), schema(), prop::collection::vec(edit(), 1..7), any::<u64>());
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() });
    let counts = std::cell::Cell::new((0, 0, 0, 0));
    let held = runner.run(&edited, |(whole, one, two, edits, seed)| {
        let old = contract(&whole, [&one, &two]);
        let mut new = old.clone();
        for (at, edit) in edits {
            apply(&mut new, at, edit);
        }
        for (name, direction) in [("Told", Direction::Event), ("Asked", Direction::Command)] {
            let (before, after) = (side(&old, name), side(&new, name));
            let (writer, reader) = if direction == Direction::Event { (after, before) } else { (before, after) };
            let judged = judge(writer, reader, 60, seed);
            let (mut compatible, mut breaking, mut refused, mut values) = counts.get();
            values += judged.sampled;
            let changes = told(&old, &new, direction);
            let breaking_by: Vec<&str> =
                changes.iter().filter(|change| change.verdict == Verdict::Breaking).map(|change| change.rule).collect();
            if breaking_by.is_empty() {
                compatible += usize::from(old != new);
                prop_assert!(judged.refused.is_none(), "{direction}: {:?}\n{changes:#?}\nold {old:#}\nnew {new:#}", judged.refused);
            } else if !breaking_by.contains(&"unknown keyword") {
                breaking += 1;
                refused += usize::from(judged.refused.is_some());
            }
            counts.set((compatible, breaking, refused, values));
        }
        Ok(())
    });
    held.expect("no value contradicts");
    let (compatible, breaking, refused, values) = counts.get();
    assert!(compatible > 100 && breaking > 50, "{compatible} compatible and {breaking} breaking are not enough of both");
    // Who calls everything breaking is never contradicted, and of no use.
    assert!(refused * 4 > breaking * 3, "of {breaking} that are called breaking, values show it of {refused} alone, of {values} in all");
}
