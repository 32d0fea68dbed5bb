//! What was written in `#[realtime(…)]`: on the enum, on its variants, and where it should not be.

use std::time::Duration;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitInt, LitStr, Meta, Path, Token};

use crate::errors::Errors;
use crate::words;

const ENUM_WORDS: [&str; 7] = ["history", "keep", "channels", "commands", "reply", "state", "crate"];
const VARIANT_WORDS: [&str; 7] = ["channel", "volatile", "audience", "latest", "key", "ends", "presence"];

/// Words of other houses, for what here has another name.
const SYNONYMS: [(&str, &str); 31] = [
    ("topic", "channel"),
    ("room", "channel"),
    ("path", "channel"),
    ("to", "channel"),
    ("ephemeral", "volatile"),
    ("transient", "volatile"),
    ("newest", "latest"),
    ("last", "latest"),
    ("retain", "latest"),
    ("by", "key"),
    ("per", "key"),
    ("final", "ends"),
    ("terminal", "ends"),
    ("closes", "ends"),
    ("members", "presence"),
    ("online", "presence"),
    ("ttl", "keep"),
    ("retention", "keep"),
    ("max_age", "keep"),
    ("capacity", "history"),
    ("size", "history"),
    ("command", "commands"),
    ("actions", "commands"),
    ("replies", "reply"),
    ("answer", "reply"),
    ("response", "reply"),
    ("snapshot", "state"),
    ("states", "state"),
    ("only", "audience"),
    ("visible", "audience"),
    ("krate", "crate"),
];

/// An enum of events as it was written, variants and attributes.
pub(crate) struct Written<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) options: Options,
    pub(crate) variants: Vec<WrittenVariant<'a>>,
}

/// `#[realtime(…)]` on the enum.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) history: Option<usize>,
    pub(crate) keep: Option<Duration>,
    pub(crate) channels: Option<Ident>,
    pub(crate) commands: Option<Path>,
    /// The word `reply`, and the type that it names.
    pub(crate) reply: Option<(Ident, Path)>,
    pub(crate) state: Option<Path>,
    pub(crate) krate: Option<Path>,
}

/// A variant, with `#[realtime(…)]` on it.
pub(crate) struct WrittenVariant<'a> {
    pub(crate) variant: &'a syn::Variant,
    pub(crate) channel: Channel,
    pub(crate) volatile: bool,
    /// The template of who may see it.
    pub(crate) audience: Option<LitStr>,
    /// Whether only the newest is worth keeping, and where it says so.
    pub(crate) latest: Option<Ident>,
    /// Whether its events are the last of their channels, and where it says so.
    pub(crate) ends: Option<Ident>,
    /// Whether it is told who is in its channel, and where it says so.
    pub(crate) presence: Option<Ident>,
    /// The word `key`, and the field that it names.
    pub(crate) key: Option<(Ident, Ident)>,
}

/// Where a variant says its events go.
pub(crate) enum Channel {
    Absent,
    Template(LitStr),
    /// It says so in a way that was told to be wrong; not the same as saying nothing.
    Mistaken,
}

/// Reads all attributes of the input.
pub(crate) fn read<'a>(input: &'a DeriveInput, errors: &Errors) -> Written<'a> {
    let options = read_options(&input.attrs, errors);
    let mut variants = Vec::new();
    match &input.data {
        Data::Enum(data) => {
            for variant in &data.variants {
                refuse_on_fields(&variant.fields, errors);
                variants.push(read_variant(variant, errors));
            }
        }
        Data::Struct(data) => refuse_on_fields(&data.fields, errors),
        Data::Union(data) => refuse_on_fields(&Fields::Named(data.fields.clone()), errors),
    }
    Written { input, options, variants }
}

fn read_options(attributes: &[Attribute], errors: &Errors) -> Options {
    let mut options = Options::default();
    for word in words_of(attributes, "history = 256", errors) {
        match word.name.to_string().as_str() {
            "history" => options.history = word.history(errors),
            "keep" => options.keep = word.keep(errors),
            "channels" => options.channels = word.parsed("the name of the enum to make", "channels = ChatChannel", errors),
            "commands" => {
                options.commands = word.parsed::<ModPath>("the enum of the commands", "commands = ChatCommand", errors).map(|path| path.0);
            }
            "reply" => {
                let path = word.parsed::<ModPath>("the type that a command is answered", "reply = Said", errors);
                options.reply = path.map(|path| (word.name, path.0));
            }
            "state" => {
                options.state = word.parsed::<ModPath>("the type of a channel's state", "state = ChatState", errors).map(|path| path.0);
            }
            "crate" => options.krate = word.parsed::<ModPath>("the path of triwire", "crate = ::triwire", errors).map(|path| path.0),
            _ => word.unknown("the enum", &ENUM_WORDS, "a variant", &VARIANT_WORDS, errors),
        }
    }
    options
}

fn read_variant<'a>(variant: &'a syn::Variant, errors: &Errors) -> WrittenVariant<'a> {
    let (channel, volatile, audience) = (Channel::Absent, false, None);
    let mut written = WrittenVariant { variant, channel, volatile, audience, latest: None, ends: None, presence: None, key: None };
    let mut mistaken = false;
    for word in words_of(&variant.attrs, "channel = \"room:{room}\"", errors) {
        match word.name.to_string().as_str() {
            "channel" => {
                let template = word.parsed("a template in quotes", "channel = \"room:{room}\"", errors);
                written.channel = template.map_or(Channel::Mistaken, Channel::Template);
            }
            "audience" => written.audience = word.parsed("a template in quotes", "audience = \"{to}\"", errors),
            "volatile" => {
                written.volatile = true;
                word.alone(errors);
            }
            "latest" => {
                word.alone(errors);
                written.latest = Some(word.name);
            }
            "ends" => {
                word.alone(errors);
                written.ends = Some(word.name);
            }
            "presence" => {
                word.alone(errors);
                written.presence = Some(word.name);
            }
            "key" => {
                let field = word.parsed::<FieldName>("one field of the variant", "key = user", errors);
                written.key = field.map(|field| (word.name, field.0));
            }
            _ => {
                mistaken = true;
                word.unknown("a variant", &VARIANT_WORDS, "the enum", &ENUM_WORDS, errors);
            }
        }
    }
    // The word that nobody knows may have meant the channel, or that which goes before a key.
    if mistaken && matches!(written.channel, Channel::Absent) {
        written.channel = Channel::Mistaken;
    }
    if mistaken && written.latest.is_none() {
        written.key = None;
    }
    written
}

fn refuse_on_fields(fields: &Fields, errors: &Errors) {
    for attribute in fields.iter().flat_map(|field| &field.attrs).filter(|attribute| attribute.path().is_ident("realtime")) {
        let message =
            "`realtime` says nothing on a field: write it on the variant, whose template names the field, like `channel = \"room:{room}\"`";
        errors.at(attribute, message);
    }
}

/// One word of `#[realtime(…)]`, with what follows it.
struct Word {
    name: Ident,
    value: Value,
}

enum Value {
    Nothing,
    /// What follows a `=`.
    Is(TokenStream),
    /// What follows without a `=`, like `(…)` or `: …`.
    Odd(TokenStream),
}

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any).map_err(|_| {
            let remedy = if input.peek(LitStr) {
                "a template stands after its word, `channel = \"room:{room}\"`"
            } else {
                "write a word, or `word = value`"
            };
            syn::Error::new(input.span(), format!("this is no word that `realtime` knows: {remedy}"))
        })?;
        let is = input.parse::<Option<Token![=]>>()?.is_some();
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            value.extend([input.parse::<TokenTree>()?]);
        }
        Ok(match (is, value.is_empty()) {
            (false, true) => Self { name, value: Value::Nothing },
            (false, false) => Self { name, value: Value::Odd(value) },
            (true, _) => Self { name, value: Value::Is(value) },
        })
    }
}

impl Word {
    /// The value as a `T`; `what` and `example` say what it should have been.
    fn parsed<T: Parse>(&self, what: &str, example: &str, errors: &Errors) -> Option<T> {
        let name = &self.name;
        let Value::Is(value) = &self.value else {
            errors.at(self.tokens(), format!("`{name}` is {what}: write `{example}`"));
            return None;
        };
        if let Ok(parsed) = syn::parse2(value.clone()) {
            return Some(parsed);
        }
        let mut tokens = value.clone().into_iter();
        match (tokens.next(), tokens.next()) {
            (None, _) => errors.at(name, format!("`{name} =` wants {what}: write `{example}`")),
            (Some(first @ TokenTree::Literal(_)), Some(second @ TokenTree::Ident(_))) => {
                errors.at(&second, format!("a comma is missing before `{second}`: write `{name} = {first}, {second}`"));
            }
            (Some(only), None) => errors.at(value, format!("`{name}` is {what}: write `{}`", unlike(name, &only, example))),
            _ => errors.at(value, format!("`{name}` is {what}, which this is not: write `{example}`")),
        }
        None
    }

    fn history(&self, errors: &Errors) -> Option<usize> {
        let written: LitInt = self.parsed("a number of events", "history = 256", errors)?;
        match written.base10_parse::<usize>() {
            Ok(0) => errors
                .at(written, "a `history` of 0 keeps nothing: mark the variants `volatile` that need no replay, and leave `history` out"),
            Ok(history) => return Some(history),
            Err(_) => errors.at(&written, format!("`{written}` is no number of events: write one from 1 up, like `history = 256`")),
        }
        None
    }

    fn keep(&self, errors: &Errors) -> Option<Duration> {
        let written: LitStr = self.parsed("a time in quotes", "keep = \"5m\"", errors)?;
        duration(&written.value()).map_err(|mistake| errors.at(written, mistake)).ok()
    }

    /// Tells where a value stands behind a word that takes none.
    fn alone(&self, errors: &Errors) {
        let name = &self.name;
        if !matches!(self.value, Value::Nothing) {
            errors.at(self.value_tokens(), format!("`{name}` takes no value: write `{name}` alone, or leave it out"));
        }
    }

    /// Tells that the word is not known here.
    fn unknown(&self, here: &str, known: &[&str], there: &str, elsewhere: &[&str], errors: &Errors) {
        let name = self.name.to_string();
        let meant = words::closest(&name, known.iter().copied())
            .or_else(|| SYNONYMS.iter().find(|(other, ours)| *other == name && known.contains(ours)).map(|(_, ours)| *ours));
        let message = if elsewhere.contains(&name.as_str()) {
            format!("`{name}` is a word for {there}, not for {here}: move it to {there}")
        } else if let Some(meant) = meant {
            format!("`{name}` is no word of `realtime`: did you mean `{meant}`?")
        } else {
            format!("`{name}` is no word of `realtime`: {here} takes {}", words::list(known.iter().copied()))
        };
        errors.at(&self.name, message);
    }

    fn value_tokens(&self) -> TokenStream {
        match &self.value {
            Value::Nothing => self.name.to_token_stream(),
            Value::Is(value) | Value::Odd(value) if value.is_empty() => self.name.to_token_stream(),
            Value::Is(value) | Value::Odd(value) => value.clone(),
        }
    }

    fn tokens(&self) -> TokenStream {
        let name = self.name.to_token_stream();
        if let Value::Odd(value) = &self.value { name.into_iter().chain(value.clone()).collect() } else { name }
    }
}

/// What one may have meant who wrote a text where none belongs, or none where one belongs: the same the other way.
fn unlike(name: &Ident, value: &TokenTree, example: &str) -> String {
    let text = value.to_string();
    let wants_quotes = example.ends_with('"');
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(bare) if !wants_quotes && !bare.is_empty() => format!("{name} = {bare}"),
        None if wants_quotes && !matches!(value, TokenTree::Group(_)) && text.parse::<u64>().is_err() => format!("{name} = \"{text}\""),
        _ => example.to_owned(),
    }
}

/// A path as in `use`: without generics.
struct ModPath(Path);

impl Parse for ModPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Path::parse_mod_style).map(Self)
    }
}

/// The name of a field, which may be a keyword.
struct FieldName(Ident);

impl Parse for FieldName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Ident::parse_any).map(Self)
    }
}

/// All words of all `#[realtime(…)]` among the attributes, each name once.
fn words_of(attributes: &[Attribute], example: &str, errors: &Errors) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("realtime")) {
        let Meta::List(list) = &attribute.meta else {
            errors.at(&attribute.meta, format!("`realtime` has its words in parentheses: write `#[realtime({example})]`"));
            continue;
        };
        let read = list.parse_args_with(Punctuated::<Word, Token![,]>::parse_terminated);
        for word in read.map_err(|error| errors.add(error)).into_iter().flatten() {
            if words.iter().any(|before| before.name == word.name) {
                errors.at(&word.name, format!("`{}` is written twice: keep one", word.name));
            } else {
                words.push(word);
            }
        }
    }
    words
}

/// `5m` -> 300 s. One number, one unit.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    if number.is_empty() || unit_milliseconds == 0 {
        return Err(format!("`{text}` is no time to `keep`: write one number and one of `ms`, `s`, `m`, `h` and `d`, like `5m`"));
    }
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_milliseconds)) {
        Some(0) => Err("to `keep` events for no time keeps nothing: write a longer time, like `5m`, or leave `keep` out".to_owned()),
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        None => Err(format!("`{text}` is longer than a time can be: write a shorter one, like `30d`")),
    }
}

/// Where a word stands in an attribute of another crate, for a mistake about it; the attribute's own crate has parsed it.
pub(crate) fn place_of(attributes: &[Attribute], attribute: &str, word: &str) -> Option<Span> {
    let mut lists = attributes.iter().filter(|found| found.path().is_ident(attribute)).filter_map(|found| found.meta.require_list().ok());
    lists.find_map(|list| {
        list.tokens.clone().into_iter().find(|token| matches!(token, TokenTree::Ident(ident) if ident == word)).map(|token| token.span())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_unit() {
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86_400)));
        for wrong in ["", "5", "m", "5 m", "5min", "1h30m", "-5m", "0s", "99999999999999999999s", "18446744073709551615d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
