//! Writes the enum of channels, and what it can do.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

use crate::expand::local;
use crate::model::{Channel, Model, spelled};
use crate::template::Part;
use crate::{unfit, words};

/// The enum itself.
pub(crate) fn definition(model: &Model<'_>) -> TokenStream {
    let (visibility, name) = (&model.input.vis, &model.channels_name);
    let doc = format!(" The channels of [`{}`].", model.input.ident.unraw());
    let variants = model.channels.iter().map(|channel| {
        let from: Vec<String> = channel.variants.iter().map(|ident| ident.unraw().to_string()).collect();
        let goes = if from.len() == 1 { "goes" } else { "go" };
        let doc = format!(" `{}`, where {} {goes}.", channel.template.text, words::list(from.iter().map(String::as_str)));
        let name = &channel.name;
        if channel.parameters.is_empty() {
            return quote! { #[doc = #doc] #name };
        }
        let fields = channel.parameters.iter().map(|parameter| {
            let doc = format!(" What stands for `{{{}}}`.", parameter.name.unraw());
            let (name, ty) = (parameter.name, parameter.ty);
            quote! { #[doc = #doc] #name: #ty }
        });
        quote! { #[doc = #doc] #name { #(#fields),* } }
    });
    let derives = unfit::all_known(model).then(|| {
        quote! { #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)] }
    });
    quote! {
        #[doc = #doc]
        #derives
        #visibility enum #name { #(#variants),* }
    }
}

/// What it can do.
pub(crate) fn impls(model: &Model<'_>) -> TokenStream {
    let (visibility, name) = (&model.input.vis, &model.channels_name);
    let constructors = model.channels.iter().map(|channel| constructor(visibility, channel));
    let templates = model.channels.iter().map(|channel| {
        let parts = channel.template.parts.iter().map(|part| match part {
            Part::Literal(text) => quote!(__triwire::Part::Literal(#text)),
            Part::Parameter(name) => quote!(__triwire::Part::Parameter(#name)),
        });
        let name = channel.template.words().join("_");
        quote! { __triwire::Template { name: #name, parts: &[#(#parts),*] } }
    });
    let (display, from_str) = (display(model), from_str(model));
    let derived = (!unfit::all_known(model)).then(|| unfit::impls(model));
    quote! {
        #[allow(dead_code)]
        impl #name { #(#constructors)* }
        impl __triwire::Channels for #name {
            const TEMPLATES: &'static [__triwire::Template] = &[#(#templates),*];
        }
        #derived
        impl ::core::fmt::Display for #name { #display }
        impl ::core::str::FromStr for #name { #from_str }
    }
}

fn constructor(visibility: &syn::Visibility, channel: &Channel<'_>) -> TokenStream {
    let doc = format!(" The channel `{}`.", channel.template.text);
    let (constructor, name) = (&channel.constructor, &channel.name);
    if channel.parameters.is_empty() {
        return quote! { #[doc = #doc] #visibility fn #constructor() -> Self { Self::#name } };
    }
    // A string is taken in whatever form it is there; of other types only the type itself, so that `5` need not say of which it is.
    let (parameters, fields): (Vec<_>, Vec<_>) = channel
        .parameters
        .iter()
        .map(|parameter| {
            let (name, ty) = (parameter.name, parameter.ty);
            if matches!(spelled(ty).rsplit("::").next(), Some("String")) {
                (quote!(#name: impl ::core::convert::Into<#ty>), quote!(#name: #name.into()))
            } else {
                (quote!(#name: #ty), quote!(#name))
            }
        })
        .unzip();
    quote! { #[doc = #doc] #visibility fn #constructor(#(#parameters),*) -> Self { Self::#name { #(#fields),* } } }
}

fn display(model: &Model<'_>) -> TokenStream {
    let (f, templates) = (local("f"), local("templates"));
    let arms = model.channels.iter().enumerate().map(|(at, channel)| {
        let (at, pattern) = (Literal::usize_unsuffixed(at), pattern(channel));
        let parameters = channel.parameters.iter().map(|parameter| unfit::shown(parameter, parameter.name));
        quote! { #pattern => __triwire::print(&#templates[#at], &[#(#parameters),*], #f) }
    });
    let body = if model.channels.is_empty() {
        quote! { match *self {} }
    } else {
        quote! {
            let #templates = <Self as __triwire::Channels>::TEMPLATES;
            match self { #(#arms,)* }
        }
    };
    quote! { fn fmt(&self, #f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { #body } }
}

fn from_str(model: &Model<'_>) -> TokenStream {
    let (text, named, channel) = (local("text"), local("named"), local("channel"));
    let mutable = model.channels.iter().any(|channel| !channel.parameters.is_empty()).then(|| quote!(mut));
    let arms = model.channels.iter().enumerate().map(|(at, channel)| {
        let (constructor, parameters) = (&channel.constructor, channel.parameters.iter().map(unfit::read));
        // The last takes what is left: there are no more templates than these.
        let at = if at + 1 == model.channels.len() { quote!(_) } else { Literal::usize_unsuffixed(at).into_token_stream() };
        quote! { #at => Self::#constructor(#(#parameters),*) }
    });
    let body = if model.channels.is_empty() {
        quote! {
            __triwire::Named::of::<Self>(#text)?;
            ::core::result::Result::Err(__triwire::ChannelError::Unknown)
        }
    } else {
        quote! {
            let #mutable #named = __triwire::Named::of::<Self>(#text)?;
            let #channel = match #named.template { #(#arms,)* };
            ::core::result::Result::Ok(#channel)
        }
    };
    quote! {
        type Err = __triwire::ChannelError;
        fn from_str(#text: &str) -> ::core::result::Result<Self, __triwire::ChannelError> { #body }
    }
}

/// A channel's pattern, with its fields by their names.
pub(crate) fn pattern(channel: &Channel<'_>) -> TokenStream {
    let name = &channel.name;
    let fields = channel.parameters.iter().map(|parameter| parameter.name);
    if channel.parameters.is_empty() { quote!(Self::#name) } else { quote!(Self::#name { #(#fields),* }) }
}
