//! Gives each variant of an enum's schema a definition of its own.

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, refer, refers_to};

/// What became of the enum: the names of its definitions.
pub(super) struct Hoisted {
    pub(super) whole: String,
    /// Each variant's name on the wire, its name as a type, and its definition, in the contract's order; none where the schema has a form
    /// of its own.
    pub(super) variants: Vec<(String, String, String)>,
}

/// The same, of an enum whose variants nobody named: its schema does.
pub(super) fn hoist_unnamed(definitions: &mut Definitions, schema: Value, name: &str) -> Hoisted {
    let whole = refers_to(&schema).and_then(|name| definitions.0.get(name)).unwrap_or(&schema);
    let mut variants = names(whole);
    // The schema's own order is another where a variant has a comment.
    variants.sort_unstable();
    let variants: Vec<&str> = variants.iter().map(String::as_str).collect();
    hoist(definitions, schema, name, &variants)
}

/// Takes the enum's schema apart into one definition a variant, and puts it together again of references.
pub(super) fn hoist(definitions: &mut Definitions, event: Value, name: &str, variants: &[&str]) -> Hoisted {
    let key = refers_to(&event).map(str::to_owned);
    let (key, mut schema) = match key.and_then(|key| definitions.0.remove(&key).map(|schema| (key, schema))) {
        Some(found) => found,
        None => (name.to_owned(), event),
    };
    let Some((tag, parts)) = take_apart(&schema, variants).filter(|_| !variants.is_empty()) else {
        definitions.0.insert(key.clone(), schema);
        return Hoisted { whole: key, variants: Vec::new() };
    };
    // The place is held, so that no variant takes the enum's own name.
    definitions.0.insert(key.clone(), Value::Null);
    let mut hoisted = Vec::new();
    for (part, variant) in parts.into_iter().zip(variants) {
        let name = pascal(variant).unwrap_or_else(|| format!("Variant{}", hoisted.len() + 1));
        let definition = definitions.add(&format!("{key}{name}"), part);
        hoisted.push(((*variant).to_owned(), name, definition));
    }
    let references: Vec<Value> = hoisted.iter().map(|(_, _, definition)| refer(definition)).collect();
    let mut whole = json!({ "oneOf": references });
    if let Some(tag) = tag {
        let mapping: Map<String, Value> =
            variants.iter().zip(&references).map(|(name, to)| ((*name).to_owned(), to["$ref"].clone())).collect();
        whole["discriminator"] = json!({ "propertyName": tag, "mapping": mapping });
    }
    for field in ["title", "description", "deprecated"] {
        if let Some(value) = schema.get_mut(field) {
            whole[field] = value.take();
        }
    }
    definitions.0.insert(key.clone(), whole);
    Hoisted { whole: key, variants: hoisted }
}

/// The parts of an enum's schema, one a variant.
fn parts(schema: &Value) -> Vec<Value> {
    match schema["oneOf"].as_array() {
        Some(parts) => parts.iter().flat_map(split).collect(),
        None => split(schema),
    }
}

/// The names of the variants, in the schema's order; none where it is of another form than serde's enums.
fn names(schema: &Value) -> Vec<String> {
    let parts = parts(schema);
    let all = |find: &dyn Fn(&Value) -> Option<String>| parts.iter().map(find).collect::<Option<Vec<_>>>();
    let tags = parts.first().and_then(|part| part["properties"].as_object()).into_iter().flat_map(Map::keys);
    let by_tag = tags.filter_map(|tag| all(&|part| part["properties"][tag]["const"].as_str().map(str::to_owned))).next();
    let by_field = || {
        all(&|part| match (part["const"].as_str(), part["required"].as_array().map(Vec::as_slice)) {
            (Some(name), _) => Some(name.to_owned()),
            (None, Some([Value::String(name)])) => Some(name.clone()),
            _ => None,
        })
    };
    by_tag.or_else(by_field).unwrap_or_default()
}

/// The schema of each variant, in their order, and the field that tells them apart; none where they are not all found.
fn take_apart(schema: &Value, variants: &[&str]) -> Option<(Option<String>, Vec<Value>)> {
    let parts = parts(schema);
    let tags = parts.first()?["properties"].as_object().into_iter().flat_map(Map::keys);
    let in_order = |find: &dyn Fn(&Value, &str) -> bool| -> Option<Vec<Value>> {
        let found = variants.iter().map(|name| parts.iter().find(|part| find(part, name)).cloned());
        found.collect::<Option<Vec<_>>>().filter(|found| found.len() == parts.len())
    };
    for tag in tags {
        if let Some(found) = in_order(&|part, name| part["properties"][tag]["const"] == name) {
            return Some((Some(tag.clone()), found));
        }
    }
    let external =
        in_order(&|part, name| part["const"] == name || (part["required"] == json!([name]) && part["properties"].get(name).is_some()));
    external.map(|found| (None, found))
}

/// Unit variants without a comment share one `enum`; each becomes a constant.
pub(super) fn split(part: &Value) -> Vec<Value> {
    match part["enum"].as_array() {
        Some(names) => names.iter().map(|name| json!({ "type": "string", "const": name })).collect(),
        None => vec![part.clone()],
    }
}

/// A variant's name on the wire as the name of a type: `user_joined` is `UserJoined`.
fn pascal(name: &str) -> Option<String> {
    let words = name.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.map(|word| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..])).collect();
    (!name.is_empty()).then_some(name)
}

/// Says what generators overlook once more, in a way they see: beside a `$ref` they see nothing, and of `prefixItems` many know nothing.
pub(super) fn for_generators(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(for_generators),
        Value::Object(fields) => {
            fields.values_mut().for_each(for_generators);
            if fields.len() > 1 && fields.get("$ref").is_some_and(Value::is_string) {
                lift(fields);
            }
            if let (Some(parts @ Value::Array(_)), None) = (fields.get("prefixItems"), fields.get("items")) {
                // Of what comes behind the prefix: nothing does, by `maxItems`.
                let items = json!({ "anyOf": parts });
                fields.insert("items".to_owned(), items);
            }
        }
        _ => {}
    }
}

fn lift(fields: &mut Map<String, Value>) {
    let mut beside = std::mem::take(fields);
    let mut all = vec![json!({ "$ref": beside.remove("$ref") })];
    for field in ["title", "description", "deprecated", "default", "examples", "readOnly", "writeOnly"] {
        if let Some(value) = beside.remove(field) {
            fields.insert(field.to_owned(), value);
        }
    }
    if let Some(Value::Array(parts)) = beside.remove("allOf") {
        all.extend(parts);
    }
    if !beside.is_empty() {
        all.push(Value::Object(beside));
    }
    fields.insert("allOf".to_owned(), all.into());
}
