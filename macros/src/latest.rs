//! What `latest`, `key` and `ends` mean on a variant, checked.

use syn::Fields;
use syn::ext::IdentExt;

use crate::attr::WrittenVariant;
use crate::errors::Errors;
use crate::model::{Parameter, field_names, named};
use crate::words;

/// The field by which the newest of a variant are told apart; none where there is one newest in a channel, or a mistake.
pub(crate) fn key<'a>(written: &WrittenVariant<'a>, errors: &Errors) -> Option<Parameter<'a>> {
    if let (Some(latest), true) = (&written.latest, written.volatile) {
        let message = "a `volatile` event is not kept, so there is no newest of it to keep: leave out `latest`, or `volatile`";
        errors.at(latest, message);
    }
    let (word, name) = written.key.as_ref()?;
    match (&written.latest, written.volatile) {
        (Some(_), _) => {}
        (None, true) => errors.at(word, "a `volatile` event is not kept, so there is no newest of a `key` to keep: leave `key` out"),
        (None, false) => {
            let message = format!("`key` says of what an event is the `latest`: write `latest, key = {name}`, or leave `key` out");
            errors.at(word, message);
        }
    }
    let variant = written.variant;
    let own = name.unraw().to_string();
    let found = named(variant, &own);
    if found.is_none() {
        errors.at(name, unknown_field(&own, variant));
    }
    found.map(|(name, ty)| Parameter { name, ty })
}

/// What cannot be the last of its channel.
pub(crate) fn check_end(written: &WrittenVariant<'_>, errors: &Errors) {
    let Some(ends) = &written.ends else { return };
    if written.volatile {
        let message =
            "a `volatile` event is not kept, so who comes later could not be told that it `ends` the channel: leave out `volatile`";
        errors.at(ends, message);
    } else if written.latest.is_some() {
        errors.at(ends, "an event that `ends` its channel is the last, so no newer takes its place: leave out `latest`");
    }
}

fn unknown_field(name: &str, variant: &syn::Variant) -> String {
    let ident = &variant.ident;
    let fields = field_names(variant);
    let known = || fields.iter().map(String::as_str);
    match &variant.fields {
        Fields::Unnamed(_) => {
            format!("`key` names a field, and those of `{ident}` have no names: write `{ident} {{ {name}: …, … }}`")
        }
        _ if fields.is_empty() => format!("`{ident}` has no field to tell its newest apart: leave `key` out, to keep one in a channel"),
        _ => match words::closest(name, known()) {
            Some(meant) => format!("`{ident}` has no field `{name}`: did you mean `key = {meant}`?"),
            None => format!("`{ident}` has no field `{name}`: add it, or name one of {}", words::list(known())),
        },
    }
}
