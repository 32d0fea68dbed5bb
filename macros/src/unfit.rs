//! Parameters, and keys, whose type may be unfit: everything that the expansion asks of them, it asks by the one trait `Parameter`, always with the
//! same tokens of the source. Rustc tells the same mistake at the same place once; so a newtype that lacks `Display`, or lacks all it should
//! have, is one error that says so, instead of one for each derive, each function and each variant that met it.
//!
//! Types that are known to be fit are written as a person would.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::channels::pattern;
use crate::expand::local;
use crate::model::{Channel, Model, Parameter, spelled};

/// Types that are parameters, in so far as somebody who calls a type of their own `String` can be trusted.
const KNOWN: [&str; 15] =
    ["String", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];

fn known(ty: &Type) -> bool {
    KNOWN.contains(&spelled(ty).as_str())
}

/// Whether the channels can derive what they need.
pub(crate) fn all_known(model: &Model<'_>) -> bool {
    model.channels.iter().flat_map(|channel| &channel.parameters).all(|parameter| known(parameter.ty))
}

/// A parameter's value, for printing.
pub(crate) fn shown(parameter: &Parameter<'_>, value: &Ident) -> TokenStream {
    if known(parameter.ty) { quote!(#value) } else { ask(parameter, "shown", &quote!(#value)) }
}

/// A key's value, for printing.
pub(crate) fn key(key: &Parameter<'_>) -> TokenStream {
    let (ty, name) = (key.ty, key.name);
    if known(ty) {
        quote!(#name)
    } else {
        quote_spanned! { ty.span()=> <#ty as __triwire::Key>::shown(#name) }
    }
}

/// A parameter's value, read.
pub(crate) fn read(parameter: &Parameter<'_>) -> TokenStream {
    let (ty, named) = (parameter.ty, local("named"));
    if known(ty) {
        return quote!(#named.parameter::<#ty>()?);
    }
    let read = ask(parameter, "read", &quote!(&mut #named));
    quote!(#read?)
}

/// What the channels would derive if all of their types were known.
pub(crate) fn impls(model: &Model<'_>) -> TokenStream {
    let name = &model.channels_name;
    let (f, other, state) = (local("f"), local("other"), local("state"));
    let clones = model.channels.iter().map(clone);
    let debugs = model.channels.iter().map(|channel| debug(channel, &f));
    let sames = model.channels.iter().map(same);
    let differ = (model.channels.len() > 1).then(|| quote!(_ => false,));
    let hashes = model.channels.iter().enumerate().map(|(at, channel)| hash(at, channel, &state));
    quote! {
        impl ::core::clone::Clone for #name {
            fn clone(&self) -> Self { match self { #(#clones,)* } }
        }
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, #f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { match self { #(#debugs,)* } }
        }
        impl ::core::cmp::PartialEq for #name {
            fn eq(&self, #other: &Self) -> bool { match (self, #other) { #(#sames,)* #differ } }
        }
        impl ::core::cmp::Eq for #name {}
        impl ::core::hash::Hash for #name {
            fn hash<__H: ::core::hash::Hasher>(&self, #state: &mut __H) { match self { #(#hashes)* } }
        }
    }
}

fn clone(channel: &Channel<'_>) -> TokenStream {
    let (pattern, name) = (pattern(channel), &channel.name);
    if channel.parameters.is_empty() {
        return quote!(#pattern => Self::#name);
    }
    let fields = channel.parameters.iter().map(|parameter| {
        let field = parameter.name;
        let copy = ask(parameter, "copy", &quote!(#field));
        quote!(#field: #copy)
    });
    quote! { #pattern => Self::#name { #(#fields),* } }
}

fn debug(channel: &Channel<'_>, f: &Ident) -> TokenStream {
    let (pattern, text) = (pattern(channel), channel.name.to_string());
    let fields = channel.parameters.iter().map(|parameter| {
        let field = parameter.name;
        let (text, debugged) = (field.unraw().to_string(), ask(parameter, "debugged", &quote!(#field)));
        quote!(.field(#text, #debugged))
    });
    quote! { #pattern => #f.debug_struct(#text)#(#fields)*.finish() }
}

fn same(channel: &Channel<'_>) -> TokenStream {
    let name = &channel.name;
    if channel.parameters.is_empty() {
        return quote!((Self::#name, Self::#name) => true);
    }
    let (mut ours, mut theirs, mut equal) = (Vec::new(), Vec::new(), Vec::new());
    for (at, parameter) in channel.parameters.iter().enumerate() {
        let (field, our, their) = (parameter.name, local(&format!("our_{at}")), local(&format!("their_{at}")));
        equal.push(ask(parameter, "same", &quote!(#our, #their)));
        ours.push(quote!(#field: #our));
        theirs.push(quote!(#field: #their));
    }
    quote! { (Self::#name { #(#ours),* }, Self::#name { #(#theirs),* }) => #(#equal)&&* }
}

fn hash(at: usize, channel: &Channel<'_>, state: &Ident) -> TokenStream {
    let (pattern, at) = (pattern(channel), Literal::usize_unsuffixed(at));
    let values = channel.parameters.iter().map(|parameter| {
        let name = parameter.name;
        ask(parameter, "hashed", &quote!(#name, #state))
    });
    quote! { #pattern => { ::core::hash::Hasher::write_usize(#state, #at); #(#values;)* } }
}

/// Asks the trait.
fn ask(parameter: &Parameter<'_>, what: &str, arguments: &TokenStream) -> TokenStream {
    let (ty, what) = (parameter.ty, format_ident!("{what}", span = parameter.ty.span()));
    quote_spanned! { ty.span()=> <#ty as __triwire::Parameter>::#what(#arguments) }
}
