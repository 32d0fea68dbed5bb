//! A channel's template, `room:{room}`: read, and compared with others.

use proc_macro2::Span;
use syn::LitStr;

use crate::errors::Errors;
use crate::words;

/// The longest name a channel may have, in bytes; the runtime's `CHANNEL_NAME_BYTES`.
const NAME_BYTES: usize = 255;

/// A template whose parts could be read.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// As it was written.
    pub(crate) text: String,
    pub(crate) parts: Vec<Part>,
    /// Where it was written, for what is found out later.
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    Parameter(String),
}

impl Template {
    /// Reads what was written; `None` where it cannot be made sense of, with all of why in `errors`.
    pub(crate) fn read(written: &LitStr, errors: &Errors) -> Option<Self> {
        let text = written.value();
        match parse(&text) {
            Ok(parts) => Some(Self { text, parts, span: written.span() }),
            Err(mistakes) => {
                mistakes.iter().for_each(|mistake| errors.at(written, mistake));
                None
            }
        }
    }

    /// The template of one literal, for a variant without `channel`.
    pub(crate) fn literal(text: String, span: Span) -> Self {
        Self { parts: vec![Part::Literal(text.clone())], text, span }
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Parameter(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The words that name it: of its literals, or where these have none, of its parameters.
    pub(crate) fn words(&self) -> Vec<String> {
        let literals = self.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Parameter(_) => None,
        });
        let words: Vec<String> = literals.flat_map(words::split).collect();
        if words.is_empty() { self.parameters().flat_map(words::split).collect() } else { words }
    }

    /// A name that is of both templates, if there is one.
    pub(crate) fn overlap(&self, other: &Self) -> Option<String> {
        let (ours, theirs) = (self.steps(), other.steps());
        let mut tried = vec![false; (ours.len() + 1) * (theirs.len() + 1)];
        let mut name = String::new();
        meet(&ours, &theirs, &mut tried, theirs.len() + 1, &mut name).then_some(name)
    }

    /// Whether they differ in nothing but what their parameters are called.
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|pair| match pair {
                (Part::Literal(ours), Part::Literal(theirs)) => ours == theirs,
                (Part::Parameter(_), Part::Parameter(_)) => true,
                _ => false,
            })
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => steps.extend(text.bytes().map(Step::Byte)),
                Part::Parameter(_) => steps.extend([Step::Value, Step::More]),
            }
        }
        steps
    }
}

/// What one byte of a name may be: this byte, one byte of a value, or any number of them. A parameter is `Value` then `More`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Byte(u8),
    Value,
    More,
}

impl Step {
    /// A byte that both take.
    ///
    /// `%XX` in a value needs no case of its own: no literal has a `%`, and where two values meet a letter will do.
    fn both(self, other: Self) -> Option<u8> {
        match (self, other) {
            (Self::Byte(ours), Self::Byte(theirs)) => (ours == theirs).then_some(ours),
            (Self::Byte(byte), _) | (_, Self::Byte(byte)) => value_byte(byte).then_some(byte),
            _ => Some(b'a'),
        }
    }
}

/// Whether one name can be led through both step lists to their ends; `name` is what was walked. Each pair of places is tried once.
fn meet(ours: &[Step], theirs: &[Step], tried: &mut [bool], width: usize, name: &mut String) -> bool {
    if std::mem::replace(&mut tried[ours.len() * width + theirs.len()], true) {
        return false;
    }
    if ours.is_empty() && theirs.is_empty() {
        return true;
    }
    if let [Step::More, rest @ ..] = ours
        && meet(rest, theirs, tried, width, name)
    {
        return true;
    }
    if let [Step::More, rest @ ..] = theirs
        && meet(ours, rest, tried, width, name)
    {
        return true;
    }
    let (Some(our), Some(their)) = (ours.first(), theirs.first()) else { return false };
    let Some(byte) = our.both(*their) else { return false };
    let after = |steps: &'_ [Step]| usize::from(steps[0] != Step::More);
    name.push(char::from(byte));
    if meet(&ours[after(ours)..], &theirs[after(theirs)..], tried, width, name) {
        return true;
    }
    name.pop();
    false
}

/// What a parameter's value keeps as it is.
fn value_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)
}

/// What a literal may have.
fn literal_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || "._:/-".contains(char)
}

/// The parts of a template, or all that is wrong with it.
fn parse(text: &str) -> Result<Vec<Part>, Vec<String>> {
    let parts = cut(text).map_err(|mistake| vec![mistake])?;
    let mut mistakes = Vec::new();
    if parts.is_empty() {
        mistakes.push("a channel has a name: write a template like `room:{room}`, or leave `channel` out".to_owned());
    }
    for part in &parts {
        mistakes.extend(match part {
            Part::Literal(literal) => check_literal(literal),
            Part::Parameter(name) => check_parameter(name),
        });
    }
    mistakes.extend(check_order(&parts));
    mistakes.extend(check_length(&parts));
    if mistakes.is_empty() { Ok(parts) } else { Err(mistakes) }
}

/// Cuts a template at its braces.
fn cut(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (literal, braced) = rest.split_at(at);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        let Some(opened) = braced.strip_prefix('{') else {
            return Err(format!("a `}}` in `{text}` closes nothing: a parameter is written `{{room}}`"));
        };
        match opened.split_once(['{', '}']) {
            Some((name, _)) if opened[name.len()..].starts_with('}') => {
                parts.push(Part::Parameter(name.to_owned()));
                rest = &opened[name.len() + 1..];
            }
            Some(("", _)) if opened.starts_with('{') => {
                return Err(format!(
                    "a channel's name has no braces, so `{{{{` in `{text}` stands for nothing: a parameter is written `{{room}}`"
                ));
            }
            _ => return Err(format!("a `{{` in `{text}` is not closed: a parameter is written `{{room}}`")),
        }
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(parts)
}

fn check_literal(literal: &str) -> Option<String> {
    let strange = literal.chars().find(|char| !literal_char(*char))?;
    Some(format!("a channel's name cannot have {strange:?}: its literals are of letters, digits and `._:/-`"))
}

fn check_parameter(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("a parameter names a field of the variant: `{}` names none, write `{room}`".to_owned());
    }
    let bare = name.strip_prefix("r#").unwrap_or(name);
    if bare != name && syn::parse_str::<syn::Ident>(name).is_ok() {
        return Some(format!("a parameter is named without `r#`: write `{{{bare}}}`"));
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("`{{{name}}}` is no name: a parameter is a named field of the variant, so give the variant named fields"));
    }
    if syn::parse_str::<syn::Ident>(&format!("r#{name}")).is_ok() {
        return None;
    }
    let field: String = name.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    let remedy = if syn::parse_str::<syn::Ident>(&field).is_ok() { field } else { "room".to_owned() };
    Some(format!("`{{{name}}}` is not the name of a field: write a field's name alone, like `{{{remedy}}}`"))
}

/// Where a value ends must be plain to see: only `:` and `/` never stand in a value.
fn check_order(parts: &[Part]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for pair in parts.windows(2) {
        match pair {
            [Part::Parameter(first), Part::Parameter(second)] => mistakes.push(format!(
                "nothing tells `{{{first}}}` from `{{{second}}}`: put a `:` or a `/` between them, like `{{{first}}}:{{{second}}}`"
            )),
            [Part::Parameter(name), Part::Literal(literal)] if !literal.starts_with([':', '/']) => mistakes.push(format!(
                "nothing tells where `{{{name}}}` ends, for `{literal}` could be part of its value: go on with `:` or `/`, like `{{{name}}}:{}`",
                literal.trim_start_matches(['.', '_', '-'])
            )),
            _ => {}
        }
    }
    let names = parts.iter().filter_map(|part| match part {
        Part::Parameter(name) => Some(name),
        Part::Literal(_) => None,
    });
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name) && !name.is_empty() {
            mistakes.push(format!("`{{{name}}}` stands twice in the template: once is enough"));
        }
        seen.push(name);
    }
    mistakes
}

fn check_length(parts: &[Part]) -> Option<String> {
    let least: usize = parts.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 1 }).sum();
    (least > NAME_BYTES)
        .then(|| format!("a channel's name has at most {NAME_BYTES} bytes, and those of this template have {least} or more: shorten it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Option<Template> {
        Some(Template { text: text.to_owned(), parts: parse(text).ok()?, span: Span::call_site() })
    }

    /// In how many ways a name is one of the template's, found by trying all.
    fn ways(parts: &[Part], name: &[u8]) -> usize {
        match parts {
            [] => usize::from(name.is_empty()),
            [Part::Literal(text), rest @ ..] => name.strip_prefix(text.as_bytes()).map_or(0, |after| ways(rest, after)),
            [Part::Parameter(_), rest @ ..] => {
                let longest = name.iter().take_while(|byte| value_byte(**byte)).count();
                (1..=longest).map(|length| ways(rest, &name[length..])).sum()
            }
        }
    }

    /// All texts of at most `length` of these pieces.
    fn texts(pieces: &[&str], length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            last = last.iter().flat_map(|text| pieces.iter().map(move |piece| format!("{text}{piece}"))).collect();
            all.extend_from_slice(&last);
        }
        all
    }

    /// One bit for each name: whether it is one of the template's.
    fn matched(template: &Template, names: &[String]) -> Vec<u64> {
        let bit = |name: &String| u64::from(ways(&template.parts, name.as_bytes()) > 0);
        names.chunks(64).map(|names| names.iter().fold(0, |bits, name| bits << 1 | bit(name))).collect()
    }

    #[test]
    fn overlap_is_what_trying_all_names_finds() {
        // A common name of two templates of at most 4 steps has at most 8 bytes, for none of its bytes leaves both where they were.
        let templates: Vec<Template> = texts(&["a", ":", "-", "{x}", "{y}"], 4).iter().filter_map(|text| template(text)).collect();
        let names = texts(&["a", ":", "-"], 8);
        let of: Vec<Vec<u64>> = templates.iter().map(|template| matched(template, &names)).collect();
        let mut overlaps = 0;
        for (ours, our_names) in templates.iter().zip(&of) {
            for (theirs, their_names) in templates.iter().zip(&of) {
                let tried = our_names.iter().zip(their_names).any(|(our, their)| our & their != 0);
                let found = ours.overlap(theirs);
                assert_eq!(found.is_some(), tried, "`{}` and `{}`", ours.text, theirs.text);
                if let Some(name) = found {
                    overlaps += 1;
                    assert!(ways(&ours.parts, name.as_bytes()) > 0 && ways(&theirs.parts, name.as_bytes()) > 0, "{name}");
                }
            }
        }
        assert!(templates.len() > 50 && overlaps > 100, "{} templates, {overlaps} overlaps", templates.len());
    }

    #[test]
    fn a_name_has_one_reading() {
        let names = texts(&["a", ":", "-"], 6);
        for template in texts(&["a", ":", "-", "{x}", "{y}"], 4).iter().filter_map(|text| template(text)) {
            assert!(names.iter().all(|name| ways(&template.parts, name.as_bytes()) <= 1), "{}", template.text);
        }
    }

    #[test]
    fn all_mistakes_of_a_template_are_told() {
        assert_eq!(parse("a b{x}{x}!").map_err(|mistakes| mistakes.len()), Err(5));
    }
}
