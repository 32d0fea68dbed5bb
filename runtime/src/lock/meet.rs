//! What two shapes both admit, and whether cases have no value in common.

use super::shape::{CASES, Case, Document, Object, Others, Shape, Text, Unjudged};

/// What both admit.
pub(super) fn meet<'a>(one: Shape<'a>, two: Shape<'a>) -> Result<Shape<'a>, Unjudged> {
    let (ones, twos) = match (one, two) {
        (Shape::Anything, shape) | (shape, Shape::Anything) => return Ok(shape),
        (Shape::OneOf(ones), Shape::OneOf(twos)) => (ones, twos),
    };
    if ones.len() * twos.len() > CASES {
        return Err(Unjudged("allOf".to_owned()));
    }
    let mut both = Vec::new();
    for one in &ones {
        for two in &twos {
            both.extend(of_both(one, two)?);
        }
    }
    Ok(Shape::OneOf(both))
}

fn of_both<'a>(one: &Case<'a>, two: &Case<'a>) -> Result<Option<Case<'a>>, Unjudged> {
    let unjudged = || Err(Unjudged("allOf".to_owned()));
    if one.kind() != two.kind() {
        return Ok(None);
    }
    match (one, two) {
        (Case::Value { value, .. }, Case::Value { value: other, .. }) => Ok((value == other).then(|| one.clone())),
        (value @ Case::Value { .. }, Case::Text(text)) | (Case::Text(text), value @ Case::Value { .. }) if is_free(text) => {
            Ok(Some(value.clone()))
        }
        (Case::Number(number), Case::Number(other)) if number == other => Ok(Some(one.clone())),
        (Case::Text(text), Case::Text(other)) if text == other => Ok(Some(one.clone())),
        (Case::Object(object), Case::Object(other)) => Ok(Some(Case::Object(merge(object, other)?))),
        _ => unjudged(),
    }
}

/// Whether any text will do.
pub(super) fn is_free(text: &Text<'_>) -> bool {
    text.format.is_none() && text.pattern.is_none() && text.length == super::number::Range::default()
}

fn merge<'a>(one: &Object<'a>, two: &Object<'a>) -> Result<Object<'a>, Unjudged> {
    let mut merged = one.clone();
    for (name, field) in &two.fields {
        let known = merged.fields.entry(name).or_insert(*field);
        if known.schema != field.schema {
            return Err(Unjudged("allOf".to_owned()));
        }
        known.is_required |= field.is_required;
    }
    // What is said of other fields holds for the fields of the other part, too.
    let knows = |object: &Object<'_>| merged.fields.len() == object.fields.len();
    merged.others = match (one.others, two.others) {
        (Others::Ignored, Others::Ignored) => Others::Ignored,
        (others, Others::Ignored) if knows(one) => others,
        (Others::Ignored, others) if knows(two) => others,
        _ => return Err(Unjudged("additionalProperties".to_owned())),
    };
    Ok(merged)
}

/// Whether it is plain that no value is of two of these cases.
pub(super) fn are_apart<'a>(document: Document<'a>, cases: &[Case<'a>]) -> bool {
    cases.iter().enumerate().all(|(at, one)| cases[..at].iter().all(|two| apart(document, one, two)))
}

fn apart<'a>(document: Document<'a>, one: &Case<'a>, two: &Case<'a>) -> bool {
    if one.kind() != two.kind() {
        return true;
    }
    match (one, two) {
        (Case::Value { value, .. }, Case::Value { value: other, .. }) => value != other,
        (Case::Object(one), Case::Object(two)) => {
            let refuses = |who: &Object<'_>, other: &Object<'_>| {
                let unknown = |name: &&str| !who.fields.contains_key(name);
                let needed = other.fields.iter().filter(|(_, field)| field.is_required);
                matches!(who.others, Others::Refused) && needed.map(|(name, _)| name).any(unknown)
            };
            refuses(one, two) || refuses(two, one) || are_told_apart(document, one, two)
        }
        _ => false,
    }
}

/// Whether both need a field that is one value here, and another there.
fn are_told_apart<'a>(document: Document<'a>, one: &Object<'a>, two: &Object<'a>) -> bool {
    one.fields.iter().filter(|(_, field)| field.is_required).any(|(name, field)| {
        let Some(other) = two.fields.get(name).filter(|other| other.is_required) else { return false };
        let (Some(this), Some(that)) = (document.constant(field.schema), document.constant(other.schema)) else { return false };
        this != that
    })
}
