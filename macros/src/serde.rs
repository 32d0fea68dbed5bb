//! What serde will write: the names of the variants, and what it would leave out. Read by serde's own parser.

use proc_macro2::Span;
use quote::format_ident;
use serde_derive_internals::ast::{Container, Data};
use serde_derive_internals::attr::TagType;
use serde_derive_internals::{Ctxt, Derive};
use syn::DeriveInput;

use crate::attr::place_of;
use crate::errors::Errors;

/// The names of the variants on the wire, in their order; `None` where serde could not say, which its own derive tells.
pub(crate) fn names(input: &DeriveInput, errors: &Errors) -> Option<Vec<String>> {
    let context = Ctxt::new();
    let container = Container::from_ast(&context, input, Derive::Serialize, &format_ident!("__private"));
    // Told with serde's own words at serde's own places, which rustc prints once: the derive of `Serialize` tells the same.
    // Told at all, so that an attribute which only this version of the parser refuses is not taken for another meaning.
    let checked = context.check().map_err(|error| errors.add(error));
    let container = container?;
    refuse_container(input, &container, errors);
    let Data::Enum(variants) = &container.data else { return None };
    for variant in variants {
        let attributes = &variant.original.attrs;
        if variant.attrs.untagged() {
            let place = place_of(attributes, "serde", "untagged").unwrap_or(variant.ident.span());
            errors.spanned(
                place,
                format!("`untagged` leaves `{}` without a name on the wire, and no client could tell it: remove it", variant.ident),
            );
        }
        if variant.attrs.skip_serializing() {
            let place = ["skip", "skip_serializing"].iter().find_map(|word| place_of(attributes, "serde", word));
            let message = format!("serde skips `{}`, so it could never be sent: remove the skip, or the variant", variant.ident);
            errors.spanned(place.unwrap_or(variant.ident.span()), message);
        }
    }
    let names: Vec<(String, Span)> =
        variants.iter().map(|variant| (variant.attrs.name().serialize_name().value.clone(), variant.ident.span())).collect();
    refuse_same_names(&names, errors);
    checked.ok()?;
    Some(names.into_iter().map(|(name, _)| name).collect())
}

/// What would hide the variants from a client.
fn refuse_container(input: &DeriveInput, container: &Container<'_>, errors: &Errors) {
    if matches!(container.attrs.tag(), TagType::None) {
        let place = place_of(&input.attrs, "serde", "untagged").unwrap_or(input.ident.span());
        errors.spanned(
            place,
            "`untagged` leaves the events without names on the wire, and no client could tell them apart: write `tag = \"type\"`",
        );
    }
    if container.attrs.type_into().is_some() {
        let place = place_of(&input.attrs, "serde", "into").unwrap_or(input.ident.span());
        errors.spanned(
            place,
            "`into` sends another type than the one whose variants say where they go: derive `Realtime` on that type, or remove `into`",
        );
    }
}

/// Two events that a client could not tell apart.
fn refuse_same_names(names: &[(String, Span)], errors: &Errors) {
    for (at, (name, span)) in names.iter().enumerate() {
        if names[..at].iter().any(|(before, _)| before == name) {
            errors.spanned(
                *span,
                format!(
                    "another variant is called `{name}` on the wire too: give one of them another name with `#[serde(rename = \"…\")]`"
                ),
            );
        }
    }
}
