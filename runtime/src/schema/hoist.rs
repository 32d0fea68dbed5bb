//! Gives each variant of an enum's schema a definition of its own.

use serde_json::{Map, Value, json};

/// The definitions of a document; a name that is taken gets a number.
pub(super) struct Definitions(Map<String, Value>);

/// What became of the enum.
pub(super) struct Hoisted {
    /// A reference to the whole.
    pub(super) event: Value,
    /// A reference to each variant, in the contract's order, and its name as a type; none where the schema has a form of its own.
    pub(super) variants: Vec<(String, Value)>,
}

impl Definitions {
    pub(super) fn new(definitions: Map<String, Value>) -> Self {
        Self(definitions)
    }

    /// Adds one, and gives the reference to it.
    pub(super) fn add(&mut self, name: &str, schema: Value) -> Value {
        let taken = |name: &String| self.0.contains_key(name);
        let names = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}{number}")));
        let name = names.into_iter().find(|name| !taken(name)).unwrap_or_default();
        let reference = refer(&name);
        self.0.insert(name, schema);
        reference
    }

    pub(super) fn finish(self) -> Map<String, Value> {
        self.0
    }
}

/// A reference to a definition.
fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Takes the enum's schema apart into one definition a variant, and puts it together again of references.
pub(super) fn hoist(definitions: &mut Definitions, event: Value, name: &str, variants: &[&str]) -> Hoisted {
    let key = event["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")).map(str::to_owned);
    let (key, mut schema) = match key.and_then(|key| definitions.0.remove(&key).map(|schema| (key, schema))) {
        Some(found) => found,
        None => (name.to_owned(), event),
    };
    let Some((tag, parts)) = take_apart(&schema, variants) else {
        definitions.0.insert(key.clone(), schema);
        return Hoisted { event: refer(&key), variants: Vec::new() };
    };
    // The place is held, so that no variant takes the enum's own name.
    definitions.0.insert(key.clone(), Value::Null);
    let mut hoisted = Vec::new();
    for (part, variant) in parts.into_iter().zip(variants) {
        let name = pascal(variant).unwrap_or_else(|| format!("Variant{}", hoisted.len() + 1));
        let reference = definitions.add(&format!("{key}{name}"), part);
        hoisted.push((name, reference));
    }
    let references: Vec<&Value> = hoisted.iter().map(|(_, reference)| reference).collect();
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
    let event = refer(&key);
    definitions.0.insert(key, whole);
    Hoisted { event, variants: hoisted }
}

/// The schema of each variant, in their order, and the field that tells them apart; none where they are not all found.
fn take_apart(schema: &Value, variants: &[&str]) -> Option<(Option<String>, Vec<Value>)> {
    let parts: Vec<Value> = match schema["oneOf"].as_array() {
        Some(parts) => parts.iter().flat_map(split).collect(),
        None => split(schema),
    };
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
fn split(part: &Value) -> Vec<Value> {
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
