//! What was meant: the channels of an enum and which variant goes where, checked.

use std::time::Duration;

use quote::{ToTokens, format_ident};
use serde_derive_internals::ungroup;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Path, Type};

use crate::attr::{self, Options, Written, WrittenVariant};
use crate::errors::Errors;
use crate::template::Template;
use crate::{latest, serde, words};

/// An enum of events. Where there were mistakes, it has what could be understood: enough to stand in for the rest.
pub(crate) struct Model<'a> {
    pub(crate) input: &'a DeriveInput,
    /// The name of the channel enum.
    pub(crate) channels_name: Ident,
    /// The enum of what clients may ask for.
    pub(crate) commands: Option<Path>,
    /// What they are answered.
    pub(crate) reply: Option<Path>,
    /// What is known of a channel at one place of it.
    pub(crate) state: Option<Path>,
    pub(crate) krate: Option<Path>,
    pub(crate) history: Option<usize>,
    pub(crate) keep: Option<Duration>,
    /// Whether the derives of serde and schemars must have worked, if they are there.
    pub(crate) derived: bool,
    pub(crate) channels: Vec<Channel<'a>>,
    pub(crate) variants: Vec<Variant<'a>>,
}

/// One variant of the channel enum.
pub(crate) struct Channel<'a> {
    pub(crate) name: Ident,
    pub(crate) constructor: Ident,
    pub(crate) template: Template,
    pub(crate) parameters: Vec<Parameter<'a>>,
    /// The variants whose events go there.
    pub(crate) variants: Vec<&'a Ident>,
}

/// A field that stands in a template.
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) ty: &'a Type,
}

/// One variant of the enum.
pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) fields: &'a Fields,
    /// Its name on the wire.
    pub(crate) wire: String,
    /// The place of its channel among the channels.
    pub(crate) channel: usize,
    pub(crate) volatile: bool,
    pub(crate) audience: Option<Audience<'a>>,
    pub(crate) latest: bool,
    pub(crate) ends: bool,
    /// Whether it is told who is in its channel.
    pub(crate) presence: bool,
    /// The field by which its newest are told apart.
    pub(crate) key: Option<Parameter<'a>>,
}

/// Who may see the events of a variant: a text, made of its fields.
pub(crate) struct Audience<'a> {
    pub(crate) template: Template,
    /// Those that the template names, in its order.
    pub(crate) fields: Vec<&'a Ident>,
}

/// Checks what was written.
pub(crate) fn check<'a>(written: Written<'a>, errors: &Errors) -> Model<'a> {
    let Written { input, options, variants } = written;
    let Options { history, keep, channels, commands, reply, state, krate } = options;
    check_input(input, errors);
    if let (Some((word, _)), None) = (&reply, &commands) {
        errors.at(word, "`reply` is what `commands` are answered: name their enum, like `commands = ChatCommand`, or leave `reply` out");
    }
    let reply = reply.map(|(_, path)| path);
    let names = if variants.is_empty() { None } else { serde::names(input, errors) };
    let channels_name = channels_name(input, channels, errors);
    let derived = names.is_some() && input.generics.params.is_empty();
    let names = names.unwrap_or_default();
    let mut model =
        Model { input, channels_name, commands, reply, state, krate, history, keep, derived, channels: Vec::new(), variants: Vec::new() };
    for (at, variant) in variants.iter().enumerate() {
        let wire = names.get(at).cloned().unwrap_or_default();
        latest::check_end(variant, errors);
        check_presence(variant, errors);
        let key = latest::key(variant, errors);
        if let Some(channel) = model.channel_of(variant, errors) {
            let (ident, fields) = (&variant.variant.ident, &variant.variant.fields);
            let audience = variant.audience.as_ref().and_then(|text| audience(text, variant.variant, errors));
            let (volatile, latest, ends) = (variant.volatile, variant.latest.is_some(), variant.ends.is_some());
            let presence = variant.presence.is_some();
            model.variants.push(Variant { ident, fields, wire, channel, volatile, audience, latest, ends, presence, key });
        }
    }
    model
}

/// Who is in is said of a template, so one stands beside it.
fn check_presence(written: &WrittenVariant<'_>, errors: &Errors) {
    if let (Some(presence), attr::Channel::Absent) = (&written.presence, &written.channel) {
        let message = format!(
            "`presence` says who is in the channels of a template, and `{}` names none: write `channel = \"room:{{room}}\", presence`",
            written.variant.ident
        );
        errors.at(presence, message);
    }
}

/// What cannot be an enum of events.
fn check_input(input: &DeriveInput, errors: &Errors) {
    let name = &input.ident;
    match &input.data {
        Data::Enum(data) if data.variants.is_empty() => {
            errors.at(name, format!("`{name}` has no variant, so nothing can happen: write one variant for each kind of event"));
        }
        Data::Enum(_) => {}
        Data::Struct(data) => errors.at(
            data.struct_token,
            format!("`{name}` is a struct, and events are the variants of an enum: write `enum {name} {{ … }}`, with what this struct has in a variant"),
        ),
        Data::Union(data) => {
            errors.at(data.union_token, format!("`{name}` is a union, and events are the variants of an enum: write `enum {name} {{ … }}`"));
        }
    }
    for parameter in &input.generics.params {
        match parameter {
            syn::GenericParam::Lifetime(lifetime) => errors.at(
                lifetime,
                format!("an event outlives whoever publishes it, so `{name}` cannot borrow: remove the lifetime and own the fields, `String` for `&str`"),
            ),
            syn::GenericParam::Type(_) | syn::GenericParam::Const(_) => errors.at(
                parameter,
                format!("a hub carries one type of event, so `{name}` cannot be generic: name the type in its place"),
            ),
        }
    }
}

/// The name of the channel enum: as written, else the enum's without `Event`, plus `Channel`.
fn channels_name(input: &DeriveInput, written: Option<Ident>, errors: &Errors) -> Ident {
    if let Some(name) = written {
        if name != input.ident {
            return name;
        }
        errors.at(&name, format!("`{name}` is the enum of events itself: give the enum of channels another name, like `{name}Channel`"));
    }
    let name = input.ident.unraw().to_string();
    format_ident!("{}Channel", name.strip_suffix("Event").unwrap_or(&name), span = input.ident.span())
}

impl<'a> Model<'a> {
    /// The place of the channel that a variant's events go to, made if it is new; `None` where that could not be understood.
    fn channel_of(&mut self, written: &WrittenVariant<'a>, errors: &Errors) -> Option<usize> {
        let variant = written.variant;
        let template = match &written.channel {
            attr::Channel::Mistaken => return None,
            attr::Channel::Template(text) => Template::read(text, errors)?,
            attr::Channel::Absent => self.default_template(variant, errors)?,
        };
        let parameters = parameters(&template, variant, errors)?;
        if let Some(at) = self.channels.iter().position(|channel| channel.template.text == template.text) {
            let channel = &mut self.channels[at];
            check_types(channel, &parameters, variant, errors);
            channel.variants.push(&variant.ident);
            return Some(at);
        }
        let (name, constructor) = channel_names(&template, errors)?;
        let channel = Channel { name, constructor, template, parameters, variants: vec![&variant.ident] };
        if !self.check_distinct(&channel, errors) {
            return None;
        }
        self.channels.push(channel);
        Some(self.channels.len() - 1)
    }

    /// The channel named after the enum, for a variant that names none.
    fn default_template(&self, variant: &syn::Variant, errors: &Errors) -> Option<Template> {
        let text = words::split(&self.input.ident.unraw().to_string()).join("-");
        if text.is_ascii() && !text.is_empty() {
            return Some(Template::literal(text, variant.ident.span()));
        }
        let message = format!(
            "`{}` names no channel, and the enum's own name cannot be one (letters, digits and `._:/-`): write `#[realtime(channel = \"…\")]` on it",
            variant.ident
        );
        errors.at(&variant.ident, message);
        None
    }

    /// That a channel has a name of its own, in Rust and on the wire.
    fn check_distinct(&self, channel: &Channel<'_>, errors: &Errors) -> bool {
        let (template, enum_name) = (&channel.template, &self.channels_name);
        for other in &self.channels {
            let message = if template.same_shape(&other.template) {
                format!("`{}` and `{}` are the same channel: call its parameters the same in both", template.text, other.template.text)
            } else if let Some(name) = template.overlap(&other.template) {
                format!(
                    "`{}` and `{}` could both be the channel `{name}`: begin them with different words, like `first:…` and `second:…`",
                    template.text, other.template.text
                )
            } else if channel.name == other.name {
                format!(
                    "`{}` and `{}` would both be `{enum_name}::{}`: put a word into one of them that the other has not",
                    template.text, other.template.text, channel.name
                )
            } else {
                continue;
            };
            errors.spanned(template.span, message);
            return false;
        }
        true
    }
}

/// Who may see a variant's events.
fn audience<'a>(text: &LitStr, variant: &'a syn::Variant, errors: &Errors) -> Option<Audience<'a>> {
    let template = Template::read(text, errors)?;
    if template.parameters().next().is_none() {
        errors.at(text, "an `audience` that names no field is the same for all events: put one in, like `audience = \"{to}\"`");
        return None;
    }
    let fields: Option<Vec<_>> = template.parameters().map(|name| Some(field(name, &template, variant, errors)?.0)).collect();
    Some(Audience { fields: fields?, template })
}

/// The field that a template names.
fn field<'a>(name: &str, template: &Template, variant: &'a syn::Variant, errors: &Errors) -> Option<(&'a Ident, &'a Type)> {
    let found = named(variant, name);
    if found.is_none() {
        errors.spanned(template.span, unknown_field(name, variant));
    }
    found
}

/// The field of this name, which may be spelled with or without `r#`.
pub(crate) fn named<'a>(variant: &'a syn::Variant, name: &str) -> Option<(&'a Ident, &'a Type)> {
    let field = variant.fields.iter().find(|field| field.ident.as_ref().is_some_and(|ident| ident.unraw() == name))?;
    Some((field.ident.as_ref()?, &field.ty))
}

/// The names of a variant's fields.
pub(crate) fn field_names(variant: &syn::Variant) -> Vec<String> {
    variant.fields.iter().filter_map(|field| Some(field.ident.as_ref()?.unraw().to_string())).collect()
}

/// The fields that a template names.
fn parameters<'a>(template: &Template, variant: &'a syn::Variant, errors: &Errors) -> Option<Vec<Parameter<'a>>> {
    let mut parameters = Vec::new();
    let mut understood = true;
    for name in template.parameters() {
        if let Some((name, ty)) = field(name, template, variant, errors) {
            understood &= check_type(name, ty, errors);
            parameters.push(Parameter { name, ty });
        } else {
            understood = false;
        }
    }
    understood.then_some(parameters)
}

fn unknown_field(name: &str, variant: &syn::Variant) -> String {
    let ident = &variant.ident;
    let fields = field_names(variant);
    let known = || fields.iter().map(String::as_str);
    match &variant.fields {
        Fields::Unnamed(_) => {
            format!("`{{{name}}}` is a named field, and those of `{ident}` have no names: write `{ident} {{ {name}: …, … }}`")
        }
        _ if fields.is_empty() => format!("`{ident}` has no field for `{{{name}}}`: write `{ident} {{ {name}: String }}`"),
        _ => match words::closest(name, known()) {
            Some(meant) => format!("`{ident}` has no field `{name}`: did you mean `{{{meant}}}`?"),
            None => format!("`{ident}` has no field `{name}`: add it, or name one of {}", words::list(known())),
        },
    }
}

/// Types that everybody knows not to be parameters; of all others the compiler finds out.
fn check_type(name: &Ident, ty: &Type, errors: &Errors) -> bool {
    let remedy = match ungroup(ty) {
        Type::Reference(_) => "own it, `String` for `&str`",
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => "write a parameter for each of its parts",
        Type::Path(path) => match path.path.segments.last().map(|last| last.ident.to_string()).as_deref() {
            Some("f32" | "f64") => "a fraction has no one text; use an integer or a string",
            Some("Option") => "a channel cannot lack a part of its name; write a variant with a channel of its own for `None`",
            Some("Vec" | "VecDeque" | "HashMap" | "HashSet" | "BTreeMap" | "BTreeSet") => {
                "one event goes to one channel; publish one for each"
            }
            _ => return true,
        },
        _ => return true,
    };
    errors.at(ty, format!("`{}` cannot be a channel's parameter, as `{{{}}}` would be: {remedy}", spelled(ty), name.unraw()));
    false
}

/// One channel, one type for each parameter, whichever variant goes there.
fn check_types(channel: &Channel<'_>, parameters: &[Parameter<'_>], variant: &syn::Variant, errors: &Errors) {
    for (first, here) in channel.parameters.iter().zip(parameters) {
        let (first_type, here_type) = (spelled(first.ty), spelled(here.ty));
        if first_type != here_type {
            let first_variant = channel.variants.first().map(ToString::to_string).unwrap_or_default();
            let message = format!(
                "`{{{}}}` of `{}` is `{first_type}` in `{first_variant}` and `{here_type}` in `{}`: write one type in both",
                here.name.unraw(),
                channel.template.text,
                variant.ident
            );
            errors.at(here.ty, message);
        }
    }
}

/// The name of a template's variant, and of its constructor.
fn channel_names(template: &Template, errors: &Errors) -> Option<(Ident, Ident)> {
    let words = template.words();
    let name = words::pascal(&words);
    if syn::parse_str::<Ident>(&name).is_err() {
        let message = match name.as_str() {
            "" => format!("`{}` has no word to name the channel after in Rust: put one in, like `room:…`", template.text),
            "Self" => format!("`{}` would be a channel called `Self`, a word of Rust's own: take another word", template.text),
            _ => format!("`{}` would be a channel called `{name}`, which is no name in Rust: begin with a letter", template.text),
        };
        errors.spanned(template.span, message);
        return None;
    }
    let snake = words.join("_");
    let constructor = match snake.as_str() {
        // The keywords that Rust does not let be raw.
        "crate" | "super" => format_ident!("{snake}_"),
        // A keyword since the edition of 2024, which not everybody writes.
        "gen" => format_ident!("r#gen"),
        _ if syn::parse_str::<Ident>(&snake).is_err() => format_ident!("r#{snake}"),
        _ => format_ident!("{snake}"),
    };
    Some((format_ident!("{name}"), constructor))
}

/// A type as one would write it.
pub(crate) fn spelled(ty: &Type) -> String {
    let mut text = String::new();
    // A type that came through a macro stands in a group that nobody wrote.
    for token in ungroup(ty).to_token_stream() {
        let token = token.to_string();
        let (last, first) = (text.chars().last(), token.chars().next());
        if last.zip(first).is_some_and(|(last, first)| (last.is_alphanumeric() || last == ',') && first.is_alphanumeric()) {
            text.push(' ');
        }
        text.push_str(&token);
    }
    text
}
