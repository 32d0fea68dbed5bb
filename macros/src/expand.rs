//! Writes what was meant: the enum of channels, and a table and one match for the enum of events. Nothing here can fail.
//!
//! Local names have the hygiene of the macro (`mixed_site`), so that a field called `f` or `named` is not one of them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Fields, Type};

use crate::model::{Channel, Model, Parameter, Variant, spelled};
use crate::template::Part;
use crate::words;

/// The whole expansion of an enum without mistakes.
pub(crate) fn expand(model: &Model<'_>) -> TokenStream {
    let channels = channels(model);
    let block = block(model, &[channel_impls(model), realtime(model)]);
    quote! { #channels #block }
}

/// Puts impls where the runtime has one short name, which no one else sees.
pub(crate) fn block(model: &Model<'_>, impls: &[TokenStream]) -> TokenStream {
    let krate = model.krate.as_ref().map_or_else(|| quote!(::triwire), |path| quote!(#path));
    quote! {
        const _: () = {
            use #krate::__private as __triwire;
            #(#impls)*
        };
    }
}

/// The enum of channels.
pub(crate) fn channels(model: &Model<'_>) -> TokenStream {
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
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
        #visibility enum #name { #(#variants),* }
    }
}

/// What an enum of channels can do.
pub(crate) fn channel_impls(model: &Model<'_>) -> TokenStream {
    let (visibility, name) = (&model.input.vis, &model.channels_name);
    let constructors = model.channels.iter().map(|channel| constructor(visibility, channel));
    let templates = model.channels.iter().map(|channel| {
        let parts = channel.template.parts.iter().map(|part| match part {
            Part::Literal(text) => quote!(__triwire::Part::Literal(#text)),
            Part::Parameter(name) => quote!(__triwire::Part::Parameter(#name)),
        });
        quote! { __triwire::Template(&[#(#parts),*]) }
    });
    let (display, from_str) = (display(model), from_str(model));
    quote! {
        #[allow(dead_code)]
        impl #name { #(#constructors)* }
        impl __triwire::Channels for #name {
            const TEMPLATES: &'static [__triwire::Template] = &[#(#templates),*];
        }
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
        let parameters = channel.parameters.iter().map(|parameter| shown(parameter, parameter.name));
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
        let (constructor, parameters) = (&channel.constructor, channel.parameters.iter().map(read));
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

/// The facts of the enum of events, and where each event goes.
fn realtime(model: &Model<'_>) -> TokenStream {
    let (ident, channels) = (&model.input.ident, &model.channels_name);
    let name = ident.unraw().to_string();
    let history = option(model.history.map(|events| {
        let events = Literal::usize_unsuffixed(events);
        quote!(#events)
    }));
    let keep = option(model.keep.map(|keep| {
        let milliseconds = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let (unit, count) = if milliseconds % 1000 == 0 { ("from_secs", milliseconds / 1000) } else { ("from_millis", milliseconds) };
        let (unit, count) = (format_ident!("{unit}"), Literal::u64_unsuffixed(count));
        quote!(::core::time::Duration::#unit(#count))
    }));
    let variants = model.variants.iter().map(|variant| {
        let (wire, channel) = (&variant.wire, Literal::usize_unsuffixed(variant.channel));
        let volatile = variant.volatile.then(|| quote!(.volatile()));
        quote! { __triwire::Variant::new(#wire, #channel)#volatile }
    });
    // At the enum's name, so that a forgotten derive is told there, once.
    let encode = quote_spanned! { ident.span()=> <#ident as __triwire::Encode>::encode };
    let schema = quote_spanned! { ident.span()=> <#ident as __triwire::Describe>::describe };
    let contract = local("contract");
    let arms = model.variants.iter().enumerate().map(|(at, variant)| arm(at, variant, &model.channels[variant.channel], &contract));
    quote! {
        impl __triwire::Realtime for #ident {
            type Channel = #channels;
            const CONTRACT: __triwire::Contract<#ident> = __triwire::Contract {
                name: #name,
                history: #history,
                keep: #keep,
                variants: &[#(#variants),*],
                encode: #encode,
                schema: #schema,
            };
            fn route(&self) -> __triwire::Route {
                let #contract = &<Self as __triwire::Realtime>::CONTRACT;
                match self { #(#arms,)* }
            }
        }
    }
}

fn arm(at: usize, variant: &Variant<'_>, channel: &Channel<'_>, contract: &Ident) -> TokenStream {
    let (at, ident) = (Literal::usize_unsuffixed(at), variant.ident);
    let names: Vec<_> = channel.parameters.iter().filter_map(|parameter| own_name(variant, parameter)).collect();
    let pattern = match variant.fields {
        Fields::Unit => quote!(Self::#ident),
        Fields::Unnamed(_) => quote!(Self::#ident(..)),
        Fields::Named(fields) if !names.is_empty() && fields.named.len() == names.len() => quote!(Self::#ident { #(#names),* }),
        Fields::Named(_) => quote!(Self::#ident { #(#names,)* .. }),
    };
    let parameters = channel.parameters.iter().zip(&names).map(|(parameter, name)| shown(parameter, name));
    quote! { #pattern => #contract.route(#at, &[#(#parameters),*]) }
}

/// A parameter's field in a variant, which may spell it with or without `r#`.
fn own_name<'a>(variant: &Variant<'a>, parameter: &Parameter<'_>) -> Option<&'a Ident> {
    let mut names = variant.fields.iter().filter_map(|field| field.ident.as_ref());
    names.find(|name| name.unraw() == parameter.name.unraw())
}

/// A parameter's value, for printing.
///
/// Of types that may be unfit it is asked for by the trait at the first field of the name, here as in [`read`], whichever variant is
/// printed: rustc tells what is wrong with one type at one place once, however often it meets it.
fn shown(parameter: &Parameter<'_>, value: &Ident) -> TokenStream {
    let ty = parameter.ty;
    if known(ty) { quote!(#value) } else { quote_spanned! { ty.span()=> <#ty as __triwire::Parameter>::shown(#value) } }
}

/// A parameter's value, read.
fn read(parameter: &Parameter<'_>) -> TokenStream {
    let (ty, named) = (parameter.ty, local("named"));
    if known(ty) { quote!(#named.parameter::<#ty>()?) } else { quote_spanned! { ty.span()=> <#ty as __triwire::Parameter>::read(&mut #named)? } }
}

/// Types that are parameters, in so far as somebody who calls a type of their own `String` can be trusted.
fn known(ty: &Type) -> bool {
    ["String", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"].contains(&spelled(ty).as_str())
}

fn pattern(channel: &Channel<'_>) -> TokenStream {
    let name = &channel.name;
    let fields = channel.parameters.iter().map(|parameter| parameter.name);
    if channel.parameters.is_empty() { quote!(Self::#name) } else { quote!(Self::#name { #(#fields),* }) }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// A local name that no name of the user's can be.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
