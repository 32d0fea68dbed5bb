//! Texts, numbers, and single values.

use serde_json::Value;

use super::{Comparison, Names};
use crate::lock::Place;
use crate::lock::meet::is_free;
use crate::lock::number::{Exact, Moved, Number};
use crate::lock::rules::{
    BOUNDS_NARROWED, BOUNDS_WIDENED, FORMAT_ADDED, FORMAT_CHANGED, FORMAT_REMOVED, PATTERN_ADDED, PATTERN_CHANGED, PATTERN_REMOVED, Rule,
    TYPE_CHANGED, TYPE_NARROWED, TYPE_WIDENED, VALUE_ADDED, VALUE_REMOVED, VALUE_RENAMED,
};
use crate::lock::shape::{Case, Text};
use crate::lock::words::{bounds, named_case, quoted};

impl<'a> Comparison<'a> {
    pub(super) fn texts(&mut self, place: &Place, old: &[Case<'a>], new: &[Case<'a>]) {
        let paired = self.pair(&texts(old), &texts(new), |_, one, two| one == two);
        for (one, two) in paired.both {
            self.named_by(place, one.format, two.format, [&FORMAT_ADDED, &FORMAT_REMOVED, &FORMAT_CHANGED]);
            self.named_by(place, one.pattern, two.pattern, [&PATTERN_ADDED, &PATTERN_REMOVED, &PATTERN_CHANGED]);
            let what = || format!("its length was {}, it is {}", bounds(one.length), bounds(two.length));
            self.moved(place, one.length.moved_to(two.length), &what);
        }
        self.kinds(place, paired.removed.into_iter().map(Case::Text), &TYPE_NARROWED, "no longer");
        self.kinds(place, paired.added.into_iter().map(Case::Text), &TYPE_WIDENED, "also");
    }

    pub(super) fn numbers(&mut self, place: &Place, old: &[Case<'a>], new: &[Case<'a>]) {
        let paired = self.pair(&numbers(old), &numbers(new), |_, one, two| one == two);
        for (one, two) in paired.both {
            match (one.is_whole, two.is_whole) {
                (true, false) => self.tell(&TYPE_WIDENED, place, "it was an integer, it is any number".to_owned()),
                (false, true) => self.tell(&TYPE_NARROWED, place, "it was any number, it is an integer".to_owned()),
                _ => {}
            }
            self.named_by(place, one.format, two.format, [&FORMAT_ADDED, &FORMAT_REMOVED, &FORMAT_CHANGED]);
            let what = || format!("it was {}, it is {}", bounds(one.range), bounds(two.range));
            self.moved(place, one.range.moved_to(two.range), &what);
        }
        self.kinds(place, paired.removed.into_iter().map(Case::Number), &TYPE_NARROWED, "no longer");
        self.kinds(place, paired.added.into_iter().map(Case::Number), &TYPE_WIDENED, "also");
    }

    fn kinds(&mut self, place: &Place, cases: impl Iterator<Item = Case<'a>>, rule: &Rule, word: &str) {
        for case in cases {
            self.tell(rule, place, format!("it is {word} {}", named_case(&case)));
        }
    }

    /// A constraint that a name stands for: added, removed, another.
    fn named_by(&mut self, place: &Place, old: Option<&str>, new: Option<&str>, [added, removed, changed]: [&Rule; 3]) {
        match (old, new) {
            (None, Some(name)) => self.tell(added, place, format!("it is {}", quoted(name))),
            (Some(name), None) => self.tell(removed, place, format!("it was {}", quoted(name))),
            (Some(before), Some(after)) if before != after => {
                self.tell(changed, place, format!("it was {}, it is {}", quoted(before), quoted(after)));
            }
            _ => {}
        }
    }

    pub(super) fn moved(&mut self, place: &Place, moved: Moved, what: &dyn Fn() -> String) {
        if moved.is_wider {
            self.tell(&BOUNDS_WIDENED, place, what());
        }
        if moved.is_narrower {
            self.tell(&BOUNDS_NARROWED, place, what());
        }
    }

    /// Single values, on either side, against all that the other side admits.
    pub(super) fn values(&mut self, place: &Place, old: &[Case<'a>], new: &[Case<'a>], names: Names) {
        let is_there = |value: &Value, cases: &[Case<'_>]| constants(cases).any(|(other, _)| other == value);
        let gone: Vec<_> = constants(old).filter(|(value, _)| !value.is_null() && !is_there(value, new)).collect();
        let come: Vec<_> = constants(new).filter(|(value, _)| !value.is_null() && !is_there(value, old)).collect();
        for (value, one) in constants(old) {
            let kept = constants(new).find(|(other, _)| *other == value);
            if let (Some((_, two)), Some(name)) = (kept, value.as_str()) {
                self.comments(&place.case(name, names), one, two);
            }
        }
        if let ([(before, _)], [(after, _)]) = (&gone[..], &come[..]) {
            let have_rest = [old, new].iter().any(|cases| cases.iter().any(|case| matches!(case, Case::Text(_) | Case::Number(_))));
            if !have_rest {
                let rule = if names.are_variants { names.renamed } else { &VALUE_RENAMED };
                return self.tell(rule, &of_value(place, before, names), format!("{before} is {after} now"));
            }
        }
        let removed = if names.are_variants { names.removed } else { &VALUE_REMOVED };
        let added = if names.are_variants { names.added } else { &VALUE_ADDED };
        for (value, _) in gone {
            self.single(&of_value(place, value, names), value, new, (removed, "is gone"));
        }
        for (value, _) in come {
            self.single(&of_value(place, value, names), value, old, (added, "is new"));
        }
    }

    /// A value that only one side names: the other may admit it all the same.
    fn single(&mut self, place: &Place, value: &Value, others: &[Case<'a>], (rule, what): (&Rule, &str)) {
        let verdicts: Vec<Option<bool>> = others.iter().filter_map(|case| admits(case, value)).collect();
        if verdicts.contains(&Some(true)) {
            return;
        }
        if verdicts.contains(&None) {
            return self.tell(&TYPE_CHANGED, place, format!("whether `{value}` has the format nothing here can tell"));
        }
        self.tell(rule, place, format!("`{value}` {what}"));
    }
}

/// Whether a case that is more than one value admits this one: nothing where it is of another type, and `Some(None)` where that is not known.
fn admits(case: &Case<'_>, value: &Value) -> Option<Option<bool>> {
    match (case, value) {
        (Case::Text(text), Value::String(value)) => {
            let fits = text.length.has(Exact::Whole(value.chars().count() as i128));
            let is_known = !fits || is_free(&Text { length: Default::default(), ..*text });
            Some(is_known.then_some(fits))
        }
        (Case::Number(number), Value::Number(_)) => Some(number.has(Exact::of(value)?)),
        (Case::List(_), Value::Array(_)) | (Case::Object(_), Value::Object(_)) => Some(None),
        _ => None,
    }
}

/// A variant that is nothing but its name is a place of its own.
fn of_value(place: &Place, value: &Value, names: Names) -> Place {
    value.as_str().filter(|_| names.are_variants).map_or_else(|| place.clone(), |name| place.case(name, names))
}

/// The single values, and where each is described.
fn constants<'a, 'b>(cases: &'b [Case<'a>]) -> impl Iterator<Item = (&'a Value, &'a Value)> + 'b {
    cases.iter().filter_map(|case| match case {
        Case::Value { value, source } => Some((*value, *source)),
        _ => None,
    })
}

fn texts<'a>(cases: &[Case<'a>]) -> Vec<Text<'a>> {
    let found = cases.iter().filter_map(|case| match case {
        Case::Text(text) => Some(*text),
        _ => None,
    });
    found.collect()
}

fn numbers<'a>(cases: &[Case<'a>]) -> Vec<Number<'a>> {
    let found = cases.iter().filter_map(|case| match case {
        Case::Number(number) => Some(*number),
        _ => None,
    });
    found.collect()
}
