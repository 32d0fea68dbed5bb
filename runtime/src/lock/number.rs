//! Numbers and counts between two bounds, compared exactly: 2^53 and its neighbour are two numbers.

use std::cmp::Ordering;

use serde_json::{Map, Value};

/// A number that is exact where it is whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Exact {
    Whole(i128),
    Real(f64),
}

impl Exact {
    pub(super) fn of(value: &Value) -> Option<Self> {
        let number = value.as_number()?;
        let whole =
            number.as_i128().or_else(|| number.as_f64().filter(|real| real.fract() == 0.0 && real.abs() < 1e30).map(|real| real as i128));
        whole.map(Self::Whole).or_else(|| number.as_f64().map(Self::Real))
    }

    fn real(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }

    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Whole(_))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => one.cmp(two),
            _ => self.real().total_cmp(&other.real()),
        }
    }
}

/// Where a range begins or ends, and whether the bound itself is outside.
type Bound = Option<(Exact, bool)>;

/// What lies between two bounds, each of which may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Range {
    pub(super) least: Bound,
    pub(super) most: Bound,
}

/// What a change of a range did: both where it moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Moved {
    pub(super) is_wider: bool,
    pub(super) is_narrower: bool,
}

impl Range {
    pub(super) fn new(least: Option<Exact>, most: Option<Exact>) -> Self {
        Self { least: least.map(|bound| (bound, false)), most: most.map(|bound| (bound, false)) }
    }

    /// The count that these two keywords bound.
    pub(super) fn counted(fields: &Map<String, Value>, least: &str, most: &str) -> Self {
        let bound = |name: &str| fields.get(name).and_then(Exact::of);
        // No count is below nothing: who says so says nothing.
        Self::new(bound(least).filter(|bound| *bound > Exact::Whole(0)), bound(most))
    }

    /// What is in both.
    pub(super) fn and(self, other: Self) -> Self {
        let least = [self.least, other.least].into_iter().flatten().max();
        let most = [self.most, other.most].into_iter().flatten().min_by_key(|(bound, is_open)| (*bound, !is_open));
        Self { least, most }
    }

    /// The same numbers where only whole ones count: no bound is outside, or between two.
    pub(super) fn of_whole(self) -> Self {
        let inward = |bound: Bound, step: i128| {
            let (bound, is_open) = bound?;
            Some(match bound {
                Exact::Whole(whole) if is_open => (Exact::Whole(whole.saturating_add(step)), false),
                Exact::Whole(whole) => (Exact::Whole(whole), false),
                Exact::Real(real) if real.abs() < 1e30 => (Exact::Whole(if step > 0 { real.ceil() } else { real.floor() } as i128), false),
                Exact::Real(real) => (Exact::Real(real), is_open),
            })
        };
        Self { least: inward(self.least, 1), most: inward(self.most, -1) }
    }

    pub(super) fn has(self, number: Exact) -> bool {
        self.least.is_none_or(|(bound, is_open)| number > bound || (number == bound && !is_open))
            && self.most.is_none_or(|(bound, is_open)| number < bound || (number == bound && !is_open))
    }

    pub(super) fn moved_to(self, new: Self) -> Moved {
        // The higher the lower bound, the less: `None` is the least of all, and a bound that is outside comes after one that is not.
        let least = self.least.cmp(&new.least);
        let height = |bound: Bound| bound.map_or((1, None), |(bound, is_open)| (0, Some((bound, !is_open))));
        let most = height(self.most).cmp(&height(new.most));
        Moved {
            is_wider: least == Ordering::Greater || most == Ordering::Less,
            is_narrower: least == Ordering::Less || most == Ordering::Greater,
        }
    }
}

/// A schema of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number<'a> {
    pub(super) is_whole: bool,
    pub(super) range: Range,
    /// A format that is no range.
    pub(super) format: Option<&'a str>,
}

impl<'a> Number<'a> {
    pub(super) fn new(fields: &'a Map<String, Value>, is_whole: bool) -> Self {
        let bound = |name: &str, is_open: bool| fields.get(name).and_then(Exact::of).map(|bound| (bound, is_open));
        let closed = Range { least: bound("minimum", false), most: bound("maximum", false) };
        let open = Range { least: bound("exclusiveMinimum", true), most: bound("exclusiveMaximum", true) };
        let format = fields.get("format").and_then(Value::as_str);
        let named = format.and_then(range_of);
        let range = closed.and(open).and(named.unwrap_or_default());
        let range = if is_whole { range.of_whole() } else { range };
        Self { is_whole, range, format: if named.is_some() { None } else { format } }
    }

    /// Whether this number is one of them; none where the format decides.
    pub(super) fn has(&self, number: Exact) -> Option<bool> {
        let fits = (number.is_whole() || !self.is_whole) && self.range.has(number);
        if fits && self.format.is_some() { None } else { Some(fits) }
    }
}

/// The range of Rust's numbers, whose names schemars gives for formats.
fn range_of(format: &str) -> Option<Range> {
    let whole = |least: i128, most: i128| Range::new(Some(Exact::Whole(least)), Some(Exact::Whole(most)));
    Some(match format {
        "int8" => whole(i8::MIN.into(), i8::MAX.into()),
        "int16" => whole(i16::MIN.into(), i16::MAX.into()),
        "int32" => whole(i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => whole(i64::MIN.into(), i64::MAX.into()),
        "int128" => whole(i128::MIN, i128::MAX),
        "uint8" => whole(0, u8::MAX.into()),
        "uint16" => whole(0, u16::MAX.into()),
        "uint32" => whole(0, u32::MAX.into()),
        "uint64" | "uint" => whole(0, u64::MAX.into()),
        "uint128" => Range::new(Some(Exact::Whole(0)), Some(Exact::Real(u128::MAX as f64))),
        "float" => Range::new(Some(Exact::Real(f32::MIN.into())), Some(Exact::Real(f32::MAX.into()))),
        "double" => Range::default(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(schema: &Value, is_whole: bool) -> Number<'_> {
        Number::new(schema.as_object().expect("an object"), is_whole)
    }

    fn moved(old: &Value, new: &Value, is_whole: bool) -> (bool, bool) {
        let moved = number(old, is_whole).range.moved_to(number(new, is_whole).range);
        (moved.is_wider, moved.is_narrower)
    }

    #[test]
    fn a_bound_of_2_to_53_is_not_its_neighbour() {
        let most = |most: u64| json!({ "maximum": most });
        assert_eq!(moved(&most(1 << 53), &most((1 << 53) + 1), true), (true, false));
        assert_eq!(moved(&most(u64::MAX), &most(u64::MAX - 1), true), (false, true));
    }

    #[test]
    fn an_open_bound_of_whole_numbers_is_the_next_one() {
        assert_eq!(moved(&json!({ "exclusiveMinimum": 0 }), &json!({ "minimum": 1 }), true), (false, false));
        assert_eq!(moved(&json!({ "exclusiveMinimum": 0 }), &json!({ "minimum": 0 }), false), (true, false));
        assert_eq!(moved(&json!({ "maximum": 1 }), &json!({ "exclusiveMaximum": 1 }), false), (false, true));
        assert_eq!(moved(&json!({ "minimum": 0, "maximum": 9 }), &json!({ "minimum": 1, "maximum": 10 }), true), (true, true));
    }

    #[test]
    fn a_format_of_rust_is_a_range() {
        assert_eq!(moved(&json!({ "format": "uint8" }), &json!({ "minimum": 0, "maximum": 255 }), true), (false, false));
        assert_eq!(moved(&json!({ "format": "uint64" }), &json!({ "format": "int64" }), true), (true, true));
        assert_eq!(moved(&json!({ "format": "double" }), &json!({ "format": "float" }), false), (false, true));
        assert_eq!(number(&json!({ "format": "percent" }), true).has(Exact::Whole(1)), None);
    }
}
