//! Whether two schemas say the same, whatever their definitions are named and however they are commented.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::shape::{Document, WITHOUT_EFFECT};

/// Keywords whose values are names, or values, not schemas.
const SETS: &[&str] = &["required", "enum", "type"];

pub(super) struct Same<'a> {
    old: Document<'a>,
    new: Document<'a>,
    /// The references that are taken to lead to the same, until found otherwise: that is how what refers to itself ends.
    assumed: HashSet<(&'a str, &'a str)>,
}

impl<'a> Same<'a> {
    pub(super) fn new(old: Document<'a>, new: Document<'a>) -> Self {
        Self { old, new, assumed: HashSet::new() }
    }

    pub(super) fn schemas(&mut self, old: &'a Value, new: &'a Value) -> bool {
        match (old, new) {
            (Value::Object(one), Value::Object(two)) => self.keywords(one, two),
            _ => self.values(old, new),
        }
    }

    fn keywords(&mut self, old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> bool {
        let said = |fields: &'a Map<String, Value>| fields.iter().filter(|(keyword, _)| !WITHOUT_EFFECT.contains(&keyword.as_str()));
        if said(old).count() != said(new).count() {
            return false;
        }
        said(old).all(|(keyword, value)| {
            let Some(other) = new.get(keyword) else { return false };
            match (keyword.as_str(), value, other) {
                ("$ref", Value::String(one), Value::String(two)) => self.references(one, two),
                ("const", _, _) => value == other,
                ("properties" | "patternProperties" | "dependentSchemas", Value::Object(one), Value::Object(two)) => {
                    one.len() == two.len() && one.iter().all(|(name, value)| two.get(name).is_some_and(|other| self.schemas(value, other)))
                }
                (keyword, Value::Array(one), Value::Array(two)) if SETS.contains(&keyword) => {
                    one.len() == two.len() && one.iter().all(|value| two.contains(value))
                }
                _ => self.schemas(value, other),
            }
        })
    }

    fn references(&mut self, old: &'a str, new: &'a str) -> bool {
        if !self.assumed.insert((old, new)) {
            return true;
        }
        match (self.old.target(old), self.new.target(new)) {
            (Some(old), Some(new)) => self.schemas(old, new),
            _ => false,
        }
    }

    fn values(&mut self, old: &'a Value, new: &'a Value) -> bool {
        match (old, new) {
            (Value::Array(one), Value::Array(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| self.schemas(one, two))
            }
            _ => old == new,
        }
    }
}
