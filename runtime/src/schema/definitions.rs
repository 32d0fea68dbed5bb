//! The definitions of a document, by their names.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The definitions of a document; a name that is taken gets a number.
pub(super) struct Definitions(pub(super) Map<String, Value>);

impl Definitions {
    pub(super) fn new(definitions: Map<String, Value>) -> Self {
        Self(definitions)
    }

    /// Adds one, and gives the name that it got.
    pub(super) fn add(&mut self, name: &str, schema: Value) -> String {
        let taken = |name: &String| self.0.contains_key(name);
        let names = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}{number}")));
        let name = names.into_iter().find(|name| !taken(name)).unwrap_or_default();
        self.0.insert(name.clone(), schema);
        name
    }

    /// The name of the definition that this refers to; a schema that has none gets this one, and says what it is.
    pub(super) fn named(&mut self, name: &str, what: &str, mut schema: Value) -> String {
        if let Some(name) = refers_to(&schema) {
            return name.to_owned();
        }
        if let Some(fields) = schema.as_object_mut() {
            fields.entry("description").or_insert_with(|| what.into());
        }
        self.add(name, schema)
    }

    /// Takes over the definitions of what is read, and gives the schema that refers to them.
    ///
    /// A type that is read as it is written has one definition. One that is not, or refers to such a one, is `…Input` where it is read.
    pub(super) fn merge(&mut self, read: Map<String, Value>, mut schema: Value) -> Value {
        let mut differ: BTreeSet<String> = read
            .iter()
            .filter(|(name, schema)| self.0.get(*name).is_some_and(|ours| ours != *schema))
            .map(|(name, _)| name.clone())
            .collect();
        loop {
            let before = differ.len();
            for (name, schema) in read.iter().filter(|(name, _)| self.0.contains_key(*name)) {
                let mut leads_there = false;
                references(schema, &mut |name| leads_there |= differ.contains(name));
                if leads_there {
                    differ.insert(name.clone());
                }
            }
            if differ.len() == before {
                break;
            }
        }
        let renamed: Map<String, Value> = differ
            .into_iter()
            .map(|name| {
                let input = self.add(&format!("{name}Input"), Value::Null);
                (name, input.into())
            })
            .collect();
        let rename = |schema: &mut Value| {
            each_reference(schema, &mut |reference| {
                let renamed = reference.strip_prefix(PREFIX).and_then(|name| renamed.get(name)?.as_str());
                if let Some(name) = renamed {
                    *reference = format!("{PREFIX}{name}");
                }
            });
        };
        for (name, mut definition) in read {
            rename(&mut definition);
            let name = renamed.get(&name).and_then(Value::as_str).map_or(name, str::to_owned);
            self.0.insert(name, definition);
        }
        rename(&mut schema);
        schema
    }

    pub(super) fn finish(self) -> Map<String, Value> {
        self.0
    }
}

const PREFIX: &str = "#/$defs/";

/// A reference to a definition.
pub(crate) fn refer(name: &str) -> Value {
    json!({ "$ref": format!("{PREFIX}{name}") })
}

/// The name of the definition that a schema is a reference to.
pub(super) fn refers_to(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(PREFIX)
}

/// Tells the name of every definition that is referred to.
pub(super) fn references(schema: &Value, see: &mut impl FnMut(&str)) {
    match schema {
        Value::Array(parts) => parts.iter().for_each(|part| references(part, see)),
        Value::Object(fields) => {
            if let Some(name) = refers_to(schema) {
                see(name);
            }
            fields.values().for_each(|value| references(value, see));
        }
        _ => {}
    }
}

/// Changes every reference, those of a discriminator too.
pub(crate) fn each_reference(schema: &mut Value, change: &mut impl FnMut(&mut String)) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(|part| each_reference(part, change)),
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("$ref") {
                change(reference);
            }
            if let Some(Value::Object(mapping)) = fields.get_mut("discriminator").and_then(|it| it.get_mut("mapping")) {
                mapping.values_mut().for_each(|value| {
                    if let Value::String(reference) = value {
                        change(reference);
                    }
                });
            }
            fields.values_mut().for_each(|value| each_reference(value, change));
        }
        _ => {}
    }
}

/// The names of the definitions that these lead to, and their own, in order.
pub(crate) fn reached(definitions: &Value, roots: &[&str]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<String> = roots.iter().map(|&name| name.to_owned()).collect();
    while let Some(name) = ahead.pop() {
        references(&definitions[&name], &mut |next| {
            if !seen.contains(next) {
                ahead.push(next.to_owned());
            }
        });
        seen.insert(name);
    }
    seen
}
