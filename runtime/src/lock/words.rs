//! What is told of a schema, in words.

use serde_json::Value;

use super::number::{Exact, Range};
use super::shape::{Case, Document, Shape};

/// The most of a list that is read out.
const READ_OUT: usize = 6;

pub(super) fn quoted(name: &str) -> String {
    format!("`{name}`")
}

pub(super) fn named_schema(document: Document<'_>, schema: &Value) -> String {
    // What cannot be judged can still be pointed at.
    document.read(schema).map_or_else(|unjudged| format!("of a kind with {}", quoted(&unjudged.0)), |shape| named(&shape))
}

pub(super) fn named(shape: &Shape<'_>) -> String {
    let cases = match shape {
        Shape::Anything => return "anything".to_owned(),
        Shape::OneOf(cases) if cases.is_empty() => return "nothing".to_owned(),
        Shape::OneOf(cases) => cases,
    };
    let mut names: Vec<String> = Vec::new();
    for name in cases.iter().map(named_case) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if let Some(at) = names.iter().position(|name| name == "`false`") {
        names.retain(|name| name != "`true`");
        "true or false".clone_into(&mut names[at]);
    }
    if names.len() > READ_OUT {
        let more = names.len() - READ_OUT;
        names.truncate(READ_OUT);
        names.push(format!("one of {more} more"));
    }
    names.join(" or ")
}

pub(super) fn named_case(case: &Case<'_>) -> String {
    match case {
        Case::Value { value: Value::Null, .. } => "null".to_owned(),
        Case::Value { value: Value::String(text), .. } => quoted(text),
        Case::Value { value, .. } => format!("`{value}`"),
        Case::Number(number) => {
            let kind = if number.is_whole { "an integer" } else { "a number" };
            if number.range == Range::default() { kind.to_owned() } else { format!("{kind} {}", bounds(number.range)) }
        }
        Case::Text(text) => text.format.map_or("a string".to_owned(), |format| format!("a string of format {}", quoted(format))),
        Case::List(_) => "a list".to_owned(),
        Case::Object(_) => "an object".to_owned(),
    }
}

pub(super) fn bounds(range: Range) -> String {
    let text = |bound: Exact| match bound {
        Exact::Whole(whole) => whole.to_string(),
        Exact::Real(real) => format!("{real:e}"),
    };
    let from = range.least.map(|(bound, is_open)| format!("{} {}", if is_open { "above" } else { "from" }, text(bound)));
    let to = range.most.map(|(bound, is_open)| format!("{} {}", if is_open { "below" } else { "up to" }, text(bound)));
    match (from, to) {
        (None, None) => "unbounded".to_owned(),
        (Some(from), Some(to)) => format!("{from} {}", to.trim_start_matches("up ")),
        (from, to) => from.into_iter().chain(to).collect::<Vec<_>>().join(" "),
    }
}
