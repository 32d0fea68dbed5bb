//! Two schemas, the old and the new, walked side by side: each difference is told with the rule that it falls under.

mod lists;
mod objects;
mod scalars;

use std::collections::HashSet;

use serde_json::Value;

use super::rules::{
    DEFAULT_CHANGED, DEPRECATED, DEPRECATED_NO_MORE, DOCUMENTATION_CHANGED, Direction, EXAMPLES_CHANGED, KEYWORD_UNKNOWN, NULL_ADDED,
    NULL_REMOVED, Rule, TYPE_CHANGED, TYPE_NARROWED, TYPE_WIDENED,
};
use super::same::Same;
use super::shape::{Case, Document, Shape};
use super::words::{named, quoted};
use super::{Change, Place};

/// The keywords of ours, which are judged where the variants are.
const FACTS: &str = "x-triwire-";

/// What the cases of an enum are called, and so by which rules one comes, goes, and changes its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) added: &'static Rule,
    pub(super) removed: &'static Rule,
    pub(super) renamed: &'static Rule,
    /// Whether the cases are the variants that a change is told of, not a part of one.
    pub(super) are_variants: bool,
}

/// One walk.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    pub(super) old: Document<'a>,
    pub(super) new: Document<'a>,
    direction: Direction,
    /// The pairs that were looked at, by their addresses: what refers to itself ends, and a definition is told of once a variant.
    seen: HashSet<(usize, usize)>,
    pub(super) changes: Vec<Change>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value, direction: Direction) -> Self {
        Self { old: Document(old), new: Document(new), direction, seen: HashSet::new(), changes: Vec::new() }
    }

    pub(super) fn tell(&mut self, rule: &Rule, place: &Place, what: String) {
        self.changes.push(Change::new(rule, self.direction, place.clone(), what));
    }

    /// Whether both say the same, but for comments and the names of definitions.
    pub(super) fn are_same(&self, old: &'a Value, new: &'a Value) -> bool {
        Same::new(self.old, self.new).schemas(old, new)
    }

    /// Whether this pair is met for the first time.
    fn is_news(&mut self, old: &Value, new: &Value) -> bool {
        let address = |value: &Value| std::ptr::from_ref(value) as usize;
        self.seen.insert((address(old), address(new)))
    }

    /// The two schemas of a field, of an item, of a case.
    pub(super) fn schemas(&mut self, place: &Place, old: &'a Value, new: &'a Value) {
        self.schemas_of(place, old, new, super::CASE_NAMES);
    }

    pub(super) fn schemas_of(&mut self, place: &Place, old: &'a Value, new: &'a Value, names: Names) {
        if !self.is_news(old, new) {
            return;
        }
        self.comments(place, old, new);
        match (self.old.read(old), self.new.read(new)) {
            (Ok(before), Ok(after)) => self.shapes(place, &before, &after, names),
            (Err(unjudged), _) | (_, Err(unjudged)) => {
                if !self.are_same(old, new) {
                    let what = format!("it has {}, and what it says beside that has changed", quoted(&unjudged.0));
                    self.tell(&KEYWORD_UNKNOWN, place, what);
                }
            }
        }
    }

    fn shapes(&mut self, place: &Place, old: &Shape<'a>, new: &Shape<'a>, names: Names) {
        match (old, new) {
            (Shape::Anything, Shape::Anything) => {}
            (Shape::Anything, Shape::OneOf(_)) => self.tell(&TYPE_NARROWED, place, was_is(old, new)),
            (Shape::OneOf(_), Shape::Anything) => self.tell(&TYPE_WIDENED, place, was_is(old, new)),
            (Shape::OneOf(before), Shape::OneOf(after)) => {
                let is_in = |kind: &str, cases: &[Case<'_>]| cases.iter().any(|case| case.kind() == kind);
                let share_a_kind = before.iter().any(|case| is_in(case.kind(), after));
                if !share_a_kind && !before.is_empty() && !after.is_empty() {
                    return self.tell(&TYPE_CHANGED, place, was_is(old, new));
                }
                match (is_in("null", before), is_in("null", after)) {
                    (false, true) => self.tell(&NULL_ADDED, place, "it may be null".to_owned()),
                    (true, false) => self.tell(&NULL_REMOVED, place, "it is never null".to_owned()),
                    _ => {}
                }
                self.texts(place, before, after);
                self.numbers(place, before, after);
                self.values(place, before, after, names);
                self.lists(place, before, after);
                self.objects(place, before, after, names);
            }
        }
    }

    /// Pairs what is on both sides and has no name: the same first, then the one that is left with the one that is left.
    pub(super) fn pair<T: Clone>(&self, old: &[T], new: &[T], same: impl Fn(&Self, &T, &T) -> bool) -> Paired<T> {
        let mut paired = Paired { both: Vec::new(), removed: Vec::new(), added: new.to_vec() };
        for one in old {
            match paired.added.iter().position(|other| same(self, one, other)) {
                Some(at) => paired.both.push((one.clone(), paired.added.remove(at))),
                None => paired.removed.push(one.clone()),
            }
        }
        if let ([one], [other]) = (&paired.removed[..], &paired.added[..]) {
            paired.both.push((one.clone(), other.clone()));
            paired.removed.clear();
            paired.added.clear();
        }
        paired
    }

    /// What is said to people, and what is said by keywords of others.
    pub(super) fn comments(&mut self, place: &Place, old: &'a Value, new: &'a Value) {
        if ["description", "title"].iter().any(|keyword| old.get(keyword) != new.get(keyword)) {
            let text = |schema: &Value| schema.get("description").and_then(Value::as_str).map(str::to_owned);
            let what = match (text(old), text(new)) {
                (Some(_), None) => "nothing is said of it any more".to_owned(),
                (_, Some(now)) => format!("it says: {}", now.lines().next().unwrap_or_default().trim_end_matches('.')),
                (None, None) => "its title is another".to_owned(),
            };
            self.tell(&DOCUMENTATION_CHANGED, place, what);
        }
        let is_deprecated = |schema: &Value| schema.get("deprecated") == Some(&Value::Bool(true));
        match (is_deprecated(old), is_deprecated(new)) {
            (false, true) => self.tell(&DEPRECATED, place, "it is deprecated".to_owned()),
            (true, false) => self.tell(&DEPRECATED_NO_MORE, place, "it is deprecated no more".to_owned()),
            _ => {}
        }
        if ["examples", "example"].iter().any(|keyword| old.get(keyword) != new.get(keyword)) {
            self.tell(&EXAMPLES_CHANGED, place, "its examples are others".to_owned());
        }
        if old.get("default") != new.get("default") {
            let text = |schema: &Value| schema.get("default").map_or("nothing".to_owned(), |value| format!("`{value}`"));
            self.tell(&DEFAULT_CHANGED, place, format!("left out it meant {}, it means {}", text(old), text(new)));
        }
        self.foreign(place, old, new);
        if let (Some(one), Some(two)) = (self.old.referred(old), self.new.referred(new))
            && self.is_news(one, two)
        {
            self.comments(place, one, two);
        }
    }

    /// Keywords of others: nobody here knows what hangs on them.
    fn foreign(&mut self, place: &Place, old: &Value, new: &Value) {
        let keys = [old, new].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys());
        let mut changed: Vec<&String> =
            keys.filter(|key| key.starts_with("x-") && !key.starts_with(FACTS) && old.get(*key) != new.get(*key)).collect();
        changed.dedup();
        for key in changed {
            self.tell(&KEYWORD_UNKNOWN, place, format!("{} has changed", quoted(key)));
        }
    }
}

/// What was found on both sides, and what on one.
#[derive(Debug)]
pub(super) struct Paired<T> {
    pub(super) both: Vec<(T, T)>,
    pub(super) removed: Vec<T>,
    pub(super) added: Vec<T>,
}

fn was_is(old: &Shape<'_>, new: &Shape<'_>) -> String {
    format!("it was {}, it is {}", named(old), named(new))
}
