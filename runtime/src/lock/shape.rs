//! A schema as what it admits: a list of cases, of which a value is one. What cannot be said so is not judged, and the keyword named.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::meet::{are_apart, meet};
use super::number::{Exact, Number, Range};

/// What is admitted where a schema says nothing.
pub(super) static ANYTHING: Value = Value::Bool(true);
static NULL: Value = Value::Null;
static TRUE: Value = Value::Bool(true);
static FALSE: Value = Value::Bool(false);

/// How many references may lead to one another without anything in between: those of a contract are two or three.
const REFERENCES: usize = 32;

/// The most cases that a schema is taken apart into: above, it is not judged. Each pair of them is looked at.
pub(super) const CASES: usize = 512;

/// Keywords that admit and refuse nothing. `discriminator` says again what the constants of the cases say.
pub(super) const WITHOUT_EFFECT: &[&str] = &[
    "title",
    "description",
    "deprecated",
    "default",
    "examples",
    "example",
    "readOnly",
    "writeOnly",
    "$comment",
    "$defs",
    "$schema",
    "discriminator",
];

/// Keywords that concern values of one type only.
const OF_TYPES: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "format",
    "minLength",
    "maxLength",
    "pattern",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
];

/// Why a schema is not judged: the keyword.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unjudged(pub(super) String);

/// What a schema admits.
#[derive(Clone, Debug)]
pub(super) enum Shape<'a> {
    Anything,
    OneOf(Vec<Case<'a>>),
}

/// One kind of value that a schema admits.
#[derive(Clone, Debug)]
pub(super) enum Case<'a> {
    /// This one.
    Value {
        value: &'a Value,
        source: &'a Value,
    },
    Number(Number<'a>),
    Text(Text<'a>),
    List(List<'a>),
    Object(Object<'a>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    pub(super) format: Option<&'a str>,
    pub(super) pattern: Option<&'a str>,
    pub(super) length: Range,
}

#[derive(Clone, Debug)]
pub(super) struct List<'a> {
    pub(super) first: &'a [Value],
    /// Of what comes behind the first.
    pub(super) rest: &'a Value,
    pub(super) count: Range,
    pub(super) is_unique: bool,
    pub(super) source: &'a Value,
}

#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    pub(super) fields: BTreeMap<&'a str, Field<'a>>,
    pub(super) others: Others<'a>,
    pub(super) source: &'a Value,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) schema: &'a Value,
    pub(super) is_required: bool,
}

/// What of fields that are not named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Others<'a> {
    /// Never written, and ignored by who reads.
    Ignored,
    /// Never written, and refused by who reads.
    Refused,
    /// Written and read: a map.
    Of(&'a Value),
    /// The same with keys of this pattern.
    Keyed(&'a str, &'a Value),
}

impl Case<'_> {
    /// The name of its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Value { value, .. } => match value {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            },
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn item(&self, at: usize) -> &'a Value {
        self.first.get(at).unwrap_or(self.rest)
    }

    /// Whether it may have an item there.
    pub(super) fn reaches(&self, at: usize) -> bool {
        self.count.most.is_none_or(|(most, _)| most > Exact::Whole(at as i128))
    }
}

/// A document whose schemas refer to one another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document<'a>(pub(super) &'a Value);

impl<'a> Document<'a> {
    /// What a reference leads to.
    pub(super) fn target(self, reference: &str) -> Option<&'a Value> {
        self.0.pointer(reference.strip_prefix('#')?)
    }

    /// What a schema leads to that is nothing but a reference, with words about it.
    pub(super) fn referred(self, schema: &'a Value) -> Option<&'a Value> {
        let alone = match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([part]) => part,
            _ => schema,
        };
        self.target(alone.get("$ref")?.as_str()?)
    }

    pub(super) fn read(self, schema: &'a Value) -> Result<Shape<'a>, Unjudged> {
        self.read_through(schema, 0)
    }

    fn read_through(self, schema: &'a Value, references: usize) -> Result<Shape<'a>, Unjudged> {
        let fields = match schema {
            Value::Bool(true) => return Ok(Shape::Anything),
            Value::Bool(false) => return Ok(Shape::OneOf(Vec::new())),
            Value::Object(fields) if references < REFERENCES => fields,
            _ => return Err(Unjudged("$ref".to_owned())),
        };
        let mut shape = own(schema, fields)?;
        for (keyword, value) in fields {
            let parts = || value.as_array().map(Vec::as_slice).ok_or_else(|| Unjudged(keyword.clone()));
            shape = match keyword.as_str() {
                "$ref" => {
                    let target = value.as_str().and_then(|reference| self.target(reference));
                    let target = target.ok_or_else(|| Unjudged(format!("$ref: {value}")))?;
                    meet(shape, self.read_through(target, references + 1)?)?
                }
                "allOf" => parts()?.iter().try_fold(shape, |shape, part| meet(shape, self.read_through(part, references + 1)?))?,
                "anyOf" => meet(shape, self.union(parts()?, references)?)?,
                "oneOf" => meet(shape, self.one_of(parts()?, references)?)?,
                _ => shape,
            };
        }
        if let (Shape::OneOf(cases), true) = (&mut shape, is_composed(fields))
            && let [Case::Object(object)] = &mut cases[..]
        {
            // Put together of parts: what is said of it is said here.
            object.source = schema;
        }
        Ok(shape)
    }

    fn union(self, parts: &'a [Value], references: usize) -> Result<Shape<'a>, Unjudged> {
        let mut cases = Vec::new();
        for part in parts {
            match self.read_through(part, references + 1)? {
                Shape::Anything => return Ok(Shape::Anything),
                Shape::OneOf(more) => cases.extend(more),
            }
        }
        if cases.len() > CASES { Err(Unjudged("anyOf".to_owned())) } else { Ok(Shape::OneOf(cases)) }
    }

    /// The same, where no value may be of two of them: which must be plain to see.
    fn one_of(self, parts: &'a [Value], references: usize) -> Result<Shape<'a>, Unjudged> {
        match self.union(parts, references)? {
            Shape::OneOf(cases) if are_apart(self, &cases) => Ok(Shape::OneOf(cases)),
            shape @ Shape::Anything if parts.len() == 1 => Ok(shape),
            _ => Err(Unjudged("oneOf".to_owned())),
        }
    }

    /// The one value that a schema admits, where that is said plainly: what may refer to itself is not looked into.
    pub(super) fn constant(self, schema: &'a Value) -> Option<&'a Value> {
        let mut schema = schema;
        for _ in 0..REFERENCES {
            match self.referred(schema) {
                Some(target) => schema = target,
                None => break,
            }
        }
        let values = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
        match (schema.get("const"), values) {
            (Some(value), None) | (None, Some([value])) => Some(value),
            _ => None,
        }
    }
}

/// Whether it says more than one part does.
fn is_composed(fields: &Map<String, Value>) -> bool {
    let with_effect = fields.keys().filter(|keyword| !WITHOUT_EFFECT.contains(&keyword.as_str())).count();
    with_effect > 1 || fields.get("allOf").and_then(Value::as_array).is_some_and(|parts| parts.len() > 1)
}

/// What the keywords say that stand in the schema itself.
fn own<'a>(schema: &'a Value, fields: &'a Map<String, Value>) -> Result<Shape<'a>, Unjudged> {
    let of_types = fields.keys().filter(|keyword| OF_TYPES.contains(&keyword.as_str()));
    let judged = |keyword: &str| {
        OF_TYPES.contains(&keyword)
            || WITHOUT_EFFECT.contains(&keyword)
            || keyword.starts_with("x-")
            || ["$ref", "allOf", "anyOf", "oneOf", "type", "const", "enum"].contains(&keyword)
    };
    if let Some(unknown) = fields.keys().find(|keyword| !judged(keyword)) {
        return Err(Unjudged(unknown.clone()));
    }
    let names: Option<Vec<&str>> = match fields.get("type") {
        None => None,
        Some(Value::Array(names)) => Some(names.iter().filter_map(Value::as_str).collect()),
        Some(name) => Some(name.as_str().into_iter().collect()),
    };
    let values = match (fields.get("const"), fields.get("enum")) {
        (Some(value), None) => Some(vec![value]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        (None, None) => None,
        _ => return Err(Unjudged("enum".to_owned())),
    };
    match (values, names) {
        (Some(values), names) => {
            if let Some(bound) = of_types.into_iter().next() {
                return Err(Unjudged(bound.clone()));
            }
            let admitted = values.into_iter().filter(|value| names.as_ref().is_none_or(|names| is_of(value, names)));
            Ok(Shape::OneOf(admitted.map(|value| Case::Value { value, source: schema }).collect()))
        }
        (None, Some(names)) => {
            let cases: Result<Vec<_>, _> = names.iter().map(|name| of_type(name, schema, fields)).collect();
            Ok(Shape::OneOf(cases?.into_iter().flatten().collect()))
        }
        // Without a type a bound holds for some values, and the others are free.
        (None, None) => match of_types.into_iter().next() {
            Some(bound) => Err(Unjudged(bound.clone())),
            None => Ok(Shape::Anything),
        },
    }
}

fn is_of(value: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| match *name {
        "integer" => Exact::of(value).is_some_and(Exact::is_whole),
        "number" => value.is_number(),
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    })
}

fn of_type<'a>(name: &str, schema: &'a Value, fields: &'a Map<String, Value>) -> Result<Vec<Case<'a>>, Unjudged> {
    let value = |value| Case::Value { value, source: schema };
    Ok(match name {
        "null" => vec![value(&NULL)],
        "boolean" => vec![value(&FALSE), value(&TRUE)],
        "integer" => vec![Case::Number(Number::new(fields, true))],
        "number" => vec![Case::Number(Number::new(fields, false))],
        "string" => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            let length = Range::counted(fields, "minLength", "maxLength");
            vec![Case::Text(Text { format: text("format"), pattern: text("pattern"), length })]
        }
        "array" => vec![Case::List(list(schema, fields))],
        "object" => vec![Case::Object(object(schema, fields)?)],
        other => return Err(Unjudged(format!("type: {other}"))),
    })
}

fn list<'a>(schema: &'a Value, fields: &'a Map<String, Value>) -> List<'a> {
    let first = fields.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rest = fields.get("items").unwrap_or(&ANYTHING);
    let mut count = Range::counted(fields, "minItems", "maxItems");
    if *rest == Value::Bool(false) {
        count = count.and(Range::new(None, Some(Exact::Whole(first.len() as i128))));
    }
    let is_unique = fields.get("uniqueItems") == Some(&Value::Bool(true));
    List { first, rest, count, is_unique, source: schema }
}

fn object<'a>(schema: &'a Value, fields: &'a Map<String, Value>) -> Result<Object<'a>, Unjudged> {
    let properties = fields.get("properties").and_then(Value::as_object).into_iter().flatten();
    let optional = properties.map(|(name, schema)| (name.as_str(), Field { schema, is_required: false }));
    let mut described: BTreeMap<&str, Field<'_>> = optional.collect();
    for name in fields.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        described.entry(name).or_insert(Field { schema: &ANYTHING, is_required: true }).is_required = true;
    }
    let patterns = fields.get("patternProperties").and_then(Value::as_object).filter(|patterns| !patterns.is_empty());
    let is_composed = ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|keyword| fields.contains_key(*keyword));
    let others = match (fields.get("additionalProperties"), fields.get("unevaluatedProperties"), patterns) {
        (None, None, None) => Others::Ignored,
        (Some(Value::Bool(false)), None, None) => Others::Refused,
        (Some(entries), None, None) => Others::Of(entries),
        // Alone it is the other; beside parts it looks into them.
        (None, Some(Value::Bool(false)), None) if !is_composed => Others::Refused,
        (Some(Value::Bool(false)), None, Some(patterns)) if patterns.len() == 1 && described.is_empty() => {
            let (pattern, entries) = patterns.iter().next().expect("there is one");
            Others::Keyed(pattern, entries)
        }
        (_, Some(_), _) => return Err(Unjudged("unevaluatedProperties".to_owned())),
        _ => return Err(Unjudged("patternProperties".to_owned())),
    };
    Ok(Object { fields: described, others, source: schema })
}
