//! The second judge: what one side writes by its schema, read by the other's, with a validator that knows nothing of the rules.

use fastrand::Rng;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::sample::Sampler;

/// A schema, and the document that its references lead into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    pub(super) root: &'a Value,
    pub(super) schema: &'a Value,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) sampled: usize,
    /// The first value that the reader refused, and why.
    pub(super) refused: Option<(Value, String)>,
}

impl Side<'_> {
    pub(super) fn validator(&self) -> Validator {
        let mut schema = json!({ "$defs": self.root["$defs"], "allOf": [self.schema] });
        in_ranges(&mut schema);
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
    }

    /// So many values that who has only this schema may write.
    pub(super) fn sample(&self, count: usize, seed: u64) -> Vec<Value> {
        let (mut root, mut schema) = (self.root.clone(), self.schema.clone());
        in_ranges(&mut root);
        in_ranges(&mut schema);
        let (own, mut sampler) = (self.validator(), Sampler { root: &root, random: Rng::with_seed(seed) });
        // What its own schema refuses (two parts of one object that the sampler joined) nobody writes.
        (0..count).filter_map(|_| sampler.value(&schema, 0)).filter(|value| own.is_valid(value)).collect()
    }
}

pub(super) fn judge(writer: Side<'_>, reader: Side<'_>, count: usize, seed: u64) -> Judged {
    let (validator, values) = (reader.validator(), writer.sample(count, seed));
    let sampled = values.len();
    let refused = values.into_iter().find_map(|value| {
        let why = validator.validate(&value).err()?.to_string();
        Some((value, why))
    });
    Judged { sampled, refused }
}

/// Says the formats of Rust's numbers as ranges, which is what serde holds: a validator knows no `uint32`.
fn in_ranges(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(in_ranges),
        Value::Object(fields) => {
            fields.values_mut().for_each(in_ranges);
            let range = fields.get("format").and_then(Value::as_str).and_then(range);
            if let Some((least, most)) = range {
                fields.remove("format");
                bound(fields, "minimum", least, |one, two| one > two);
                bound(fields, "maximum", most, |one, two| one < two);
            }
        }
        _ => {}
    }
}

fn bound(fields: &mut Map<String, Value>, name: &str, bound: Value, is_stricter: fn(f64, f64) -> bool) {
    let number = |value: &Value| value.as_f64().expect("a number");
    if fields.get(name).is_none_or(|old| is_stricter(number(&bound), number(old))) {
        fields.insert(name.to_owned(), bound);
    }
}

fn range(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX)),
        "int16" => (json!(i16::MIN), json!(i16::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" | "int" => (json!(i64::MIN), json!(i64::MAX)),
        "uint8" => (json!(0), json!(u8::MAX)),
        "uint16" => (json!(0), json!(u16::MAX)),
        "uint32" => (json!(0), json!(u32::MAX)),
        "uint64" | "uint" => (json!(0), json!(u64::MAX)),
        "float" => (json!(f64::from(f32::MIN)), json!(f64::from(f32::MAX))),
        "double" => (json!(f64::MIN), json!(f64::MAX)),
        _ => return None,
    })
}

#[test]
fn the_judge_sees_what_is_refused_and_nothing_else() {
    let root = json!({ "$defs": { "Tree": { "type": "object", "required": ["size"], "properties": {
        "size": { "type": "integer", "format": "uint8" },
        "child": { "anyOf": [{ "$ref": "#/$defs/Tree" }, { "type": "null" }] },
    } } } });
    let tree = json!({ "$ref": "#/$defs/Tree" });
    let mut small = root.clone();
    small["$defs"]["Tree"]["properties"]["size"]["maximum"] = json!(254);
    let (all, fewer) = (Side { root: &root, schema: &tree }, Side { root: &small, schema: &tree });
    let same = judge(all, all, 300, 1);
    assert_eq!(same.sampled, 300, "each value is valid by the schema that it was made by");
    assert!(same.refused.is_none(), "{:?}", same.refused);
    assert!(judge(fewer, all, 300, 2).refused.is_none());
    assert!(judge(all, fewer, 300, 3).refused.is_some(), "255 is an end of the range, and so is tried");
}
