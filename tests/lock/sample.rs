//! Values that somebody writes who has nothing but a schema: only fields that it describes, and the ends of every range.
//!
//! It reads the keywords by itself, and shares nothing with the rules that it is there to judge.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Below it what may be absent is absent, and what may end ends.
const DEPTH: usize = 8;

/// What a schema admits that says nothing.
const ANYTHING: [&str; 9] = ["null", "true", "0", "-1.5", "1e300", "\"\"", "\"x\"", "[null]", "{\"x\":0}"];

pub(super) struct Sampler<'a> {
    pub(super) root: &'a Value,
    pub(super) random: Rng,
}

impl Sampler<'_> {
    /// A value by this schema; none where it admits none, or no end was found to what refers to itself.
    pub(super) fn value(&mut self, schema: &Value, depth: usize) -> Option<Value> {
        let fields = match schema {
            Value::Bool(true) => return Some(self.anything()),
            Value::Object(fields) if depth < 4 * DEPTH => fields,
            _ => return None,
        };
        let mut parts = Vec::new();
        if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
            let root = self.root;
            let target = root.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere");
            parts.push(self.value(target, depth + 1)?);
        }
        for part in fields.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            parts.push(self.value(part, depth)?);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(choices) = fields.get(keyword).and_then(Value::as_array) {
                parts.push(self.choice(choices, depth)?);
            }
        }
        if let Some(own) = self.own(fields, depth)? {
            parts.push(own);
        }
        parts.into_iter().reduce(joined).or_else(|| Some(self.anything()))
    }

    fn anything(&mut self) -> Value {
        let text = self.random.choice(ANYTHING).expect("there are some");
        serde_json::from_str(text).expect("JSON")
    }

    fn choice(&mut self, choices: &[Value], depth: usize) -> Option<Value> {
        // In the depth the first that ends, so that what refers to itself comes to an end.
        let begin = if depth >= DEPTH { 0 } else { self.random.usize(..choices.len()) };
        let simple = |choice: &&Value| choice.get("type") == Some(&json!("null"));
        if let Some(null) = choices.iter().find(simple).filter(|_| depth >= DEPTH) {
            return self.value(null, depth + 1);
        }
        (0..choices.len()).find_map(|at| self.value(&choices[(begin + at) % choices.len()], depth + 1))
    }

    /// By the keywords of the schema itself; `Some(None)` where it has none.
    fn own(&mut self, fields: &Map<String, Value>, depth: usize) -> Option<Option<Value>> {
        if let Some(value) = fields.get("const") {
            return Some(Some(value.clone()));
        }
        if let Some(values) = fields.get("enum").and_then(Value::as_array) {
            return Some(Some(self.random.choice(values)?.clone()));
        }
        let name = match fields.get("type") {
            Some(Value::Array(names)) if depth >= DEPTH && names.contains(&json!("null")) => "null",
            Some(Value::Array(names)) => self.random.choice(names)?.as_str()?,
            Some(name) => name.as_str()?,
            None => return Some(None),
        };
        Some(Some(match name {
            "null" => Value::Null,
            "boolean" => Value::Bool(self.random.bool()),
            "integer" => self.integer(fields),
            "number" => self.number(fields),
            "string" => Value::String(self.text(fields)),
            "array" => self.list(fields, depth)?,
            "object" => self.object(fields, depth)?,
            other => panic!("`{other}` is no type"),
        }))
    }

    /// Whole numbers: the ends of the range, what is near them, and the ends of Rust's own numbers where they are inside.
    fn integer(&mut self, fields: &Map<String, Value>) -> Value {
        let bound = |name: &str| fields.get(name).and_then(|value| value.as_number()?.as_i128());
        let most = bound("maximum").or(bound("exclusiveMaximum").map(|most| most - 1)).unwrap_or(u64::MAX.into());
        let least = bound("minimum").or(bound("exclusiveMinimum").map(|least| least + 1)).unwrap_or(i64::MIN.into());
        let any = least + i128::from(self.random.u16(..300));
        let ends = [any, least, least + 1, most, most - 1, 0, 1, -1, 127, 255, 256, 32_767, 65_536, 1 << 31, 1 << 32, 1 << 53];
        let inside: Vec<i128> = ends.into_iter().filter(|end| (least..=most).contains(end)).collect();
        let whole = self.random.choice(inside).unwrap_or(least);
        u64::try_from(whole).map_or_else(|_| json!(i64::try_from(whole).expect("it is a number of Rust")), |whole| json!(whole))
    }

    fn number(&mut self, fields: &Map<String, Value>) -> Value {
        let bound = |name: &str| fields.get(name).and_then(Value::as_f64);
        let least = bound("minimum").or(bound("exclusiveMinimum")).unwrap_or(f64::MIN);
        let most = bound("maximum").or(bound("exclusiveMaximum")).unwrap_or(f64::MAX);
        let outside = [bound("exclusiveMinimum"), bound("exclusiveMaximum")];
        let between = if least > -1e9 && most < 1e9 { least + (most - least) * self.random.f64() } else { 0.25 };
        let ends = [least, most, between, 0.5, -0.5, 0.0, 1.0, 1e30, -1e30, 1e300];
        let inside = ends.into_iter().filter(|end| (least..=most).contains(end) && !outside.contains(&Some(*end)));
        json!(self.random.choice(inside.collect::<Vec<_>>()).unwrap_or(least))
    }

    fn text(&mut self, fields: &Map<String, Value>) -> String {
        let count = |name: &str| fields.get(name).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        if let Some(format) = fields.get("format").and_then(Value::as_str) {
            return formatted(format).to_owned();
        }
        if let Some(pattern) = fields.get("pattern").and_then(Value::as_str) {
            return self.matching(pattern);
        }
        let least = count("minLength").unwrap_or(0);
        let most = count("maxLength").unwrap_or(least + 12);
        let length = self.random.choice([least, most, (least + most) / 2, least + 1]).unwrap_or(least).clamp(least, most.max(least));
        (0..length).map(|_| self.random.choice(['a', 'b', '1', ' ', '-', ':', 'ä']).expect("there are some")).collect()
    }

    /// The patterns of channels and of these tests: literals, and groups of what a parameter's value has, one sign or more.
    fn matching(&mut self, pattern: &str) -> String {
        let mut text = String::new();
        let mut rest = pattern.trim_start_matches('^').trim_end_matches('$');
        while !rest.is_empty() {
            let groups = [
                ("(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", &["a", "Z9", "%C3%A4", "~."][..]),
                ("\\d+", &["0", "42"]),
                ("[a-z]+", &["a", "xyz"]),
            ];
            if let Some((group, values)) = groups.iter().find(|(group, _)| rest.starts_with(group)) {
                text.push_str(self.random.choice(*values).expect("there are some"));
                rest = &rest[group.len()..];
            } else {
                rest = rest.trim_start_matches('\\');
                text.extend(rest.chars().next());
                rest = rest.get(1..).unwrap_or_default();
            }
        }
        text
    }

    fn list(&mut self, fields: &Map<String, Value>, depth: usize) -> Option<Value> {
        let count = |name: &str| fields.get(name).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        let first = fields.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let rest = fields.get("items").unwrap_or(&Value::Bool(true));
        let least = count("minItems").unwrap_or(0);
        let most = count("maxItems").unwrap_or(least + 3).min(if *rest == json!(false) { first.len() } else { usize::MAX });
        let length = if depth >= DEPTH { least } else { self.random.usize(least..=most.max(least)) };
        let is_unique = fields.get("uniqueItems") == Some(&json!(true));
        let mut items: Vec<Value> = Vec::new();
        for at in 0..length {
            let item = self.value(first.get(at).unwrap_or(rest), depth + 1)?;
            if !(is_unique && items.contains(&item)) {
                items.push(item);
            }
        }
        Some(items.into())
    }

    fn object(&mut self, fields: &Map<String, Value>, depth: usize) -> Option<Value> {
        let required = fields.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut object = Map::new();
        for (name, schema) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_required = required.contains(&json!(name));
            if is_required || (depth < DEPTH && self.random.bool()) {
                match self.value(schema, depth + 1) {
                    Some(value) => drop(object.insert(name.clone(), value)),
                    None if is_required => return None,
                    None => {}
                }
            }
        }
        for name in required.iter().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                object.insert(name.to_owned(), self.anything());
            }
        }
        let patterns = fields.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
        let keyed = patterns.map(|(pattern, entries)| (Some(pattern), entries));
        let entries = keyed.chain(fields.get("additionalProperties").map(|entries| (None, entries))).collect::<Vec<_>>();
        for (pattern, schema) in entries {
            for _ in 0..if depth < DEPTH { self.random.usize(..3) } else { 0 } {
                let key = match pattern {
                    Some(pattern) => self.matching(pattern),
                    None => self.random.choice(["x", "y", "a", "b", "value"]).expect("there are some").to_owned(),
                };
                if let (false, Some(value)) = (object.contains_key(&key), self.value(schema, depth + 1)) {
                    object.insert(key, value);
                }
            }
        }
        Some(Value::Object(object))
    }
}

/// Two parts of one object; else what the last part says.
fn joined(one: Value, two: Value) -> Value {
    match (one, two) {
        (Value::Object(mut one), Value::Object(two)) => {
            one.extend(two);
            Value::Object(one)
        }
        (_, two) => two,
    }
}

fn formatted(format: &str) -> &'static str {
    match format {
        "date-time" => "2026-02-03T04:05:06Z",
        "date" => "2026-02-03",
        "time" => "04:05:06Z",
        "duration" => "P1DT2H",
        "uuid" => "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "uri" => "https://example.org/a?b=c",
        "email" => "ada@example.org",
        "ipv4" => "127.0.0.1",
        "ipv6" => "::1",
        other => panic!("no value is known of the format `{other}`: add one"),
    }
}
