//! The contract's hash: of what an application's clients depend on, and of nothing else.
//!
//! Comments, titles and examples are not in it, nor what triwire says of its own items: a page need not be reloaded for a better word,
//! nor for a newer version of the library.

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use super::definitions::reached;
use super::hoist::split;

/// What is said to people.
const SAID: [&str; 7] = ["title", "description", "deprecated", "examples", "$comment", "readOnly", "writeOnly"];

/// 64 bits are enough to tell the versions of one contract apart.
const DIGITS: usize = 16;

/// The hash of the facts, and of all that these definitions lead to.
pub(super) fn of(facts: &Value, definitions: &Value, roots: &[&str]) -> String {
    let reached: Map<String, Value> =
        reached(definitions, roots).into_iter().map(|name| (name.clone(), bare(&definitions[&name]))).collect();
    let mut counted = json!({ "facts": unordered(facts), "definitions": reached });
    // A dependency of the application may have serde_json keep the order of insertion.
    counted.sort_all_objects();
    digest(counted.to_string().as_bytes())
}

/// The hash of these bytes, as hexadecimal digits: SHA-1 (RFC 3174), which tells apart and protects nothing.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut digits = HEXLOWER.encode(&Sha1::digest(bytes));
    digits.truncate(DIGITS);
    digits
}

/// A schema without what is said to people, nor what it changes: the order of variants, and forms that a comment makes of others.
/// A field may be called `title`, so names of fields are no words of the schema's.
fn bare(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut kept = Map::new();
    for (word, value) in fields.iter().filter(|(word, _)| !SAID.contains(&word.as_str())) {
        let value = match (word.as_str(), value) {
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(named)) => {
                named.iter().map(|(name, schema)| (name.clone(), bare(schema))).collect()
            }
            ("prefixItems", Value::Array(parts)) => parts.iter().map(bare).collect(),
            ("oneOf", Value::Array(parts)) => unordered(&parts.iter().flat_map(split).map(|part| bare(&part)).collect()),
            (_, Value::Array(parts)) => unordered(&parts.iter().map(bare).collect()),
            // A value, not a schema.
            ("const" | "default", value) => value.clone(),
            (_, value) => bare(value),
        };
        kept.insert(word.clone(), value);
    }
    match (kept.len(), kept.get("allOf").and_then(Value::as_array).map(Vec::as_slice)) {
        // What a comment beside a reference makes of it.
        (1, Some([only])) => only.clone(),
        _ if kept.contains_key("enum") => {
            let mut whole = Map::new();
            whole.insert("oneOf".to_owned(), unordered(&split(schema).into()));
            whole.into()
        }
        _ => kept.into(),
    }
}

/// Lists in an order of their own.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Array(parts) => {
            let mut parts: Vec<Value> = parts.iter().map(unordered).collect();
            parts.sort_by_cached_key(Value::to_string);
            parts.into()
        }
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), unordered(value))).collect(),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_field(schema: &Value) -> String {
        let definitions = json!({
            "Event": { "type": "object", "properties": { "title": { "$ref": "#/$defs/Field" } } },
            "Field": schema,
            "Other": { "type": "null" },
        });
        of(&json!({}), &definitions, &["Event"])
    }

    #[test]
    fn what_is_said_to_people_changes_no_hash_and_what_is_on_the_wire_does() {
        let plain = of_field(&json!({ "type": "string" }));
        assert_eq!(plain.len(), DIGITS);
        assert_eq!(plain, of_field(&json!({ "type": "string", "description": "More of it.", "deprecated": true, "examples": ["a"] })));
        assert_ne!(plain, of_field(&json!({ "type": "integer" })));
        let named = |name: &str| of_field(&json!({ "type": "object", "properties": { name: { "type": "string" } } }));
        assert_ne!(named("title"), named("description"), "a field's name is on the wire, whatever it is");
    }

    /// Clients keep it, and nodes of two versions compare it: it must not change with the compiler.
    #[test]
    fn the_hash_is_the_same_for_ever() {
        assert_eq!(digest(b"abc"), "a9993e364706816a");
    }
}
