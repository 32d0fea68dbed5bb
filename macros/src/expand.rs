//! Writes what was meant: the enum of channels, and a table and one match for the enum of events. Nothing here can fail.
//!
//! Local names have the hygiene of the macro (`mixed_site`), so that a field called `f` or `named` is not one of them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Fields;
use syn::ext::IdentExt;

use crate::model::{Channel, Model, Variant, spelled};
use crate::template::Part;

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
        let doc = format!(
            " `{}`, where `{}` goes.",
            channel.template.text,
            channel.variants.iter().map(|ident| ident.unraw().to_string()).collect::<Vec<_>>().join("`, `")
        );
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
        let parameters = channel.parameters.iter().map(|parameter| parameter.name);
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
    let (text, named) = (local("text"), local("named"));
    let read = quote! { __triwire::Named::read(<Self as __triwire::Channels>::TEMPLATES, #text)? };
    let mutable = model.channels.iter().any(|channel| !channel.parameters.is_empty()).then(|| quote!(mut));
    let mut arms: Vec<_> = model
        .channels
        .iter()
        .map(|channel| {
            let name = &channel.name;
            let fields = channel.parameters.iter().map(|parameter| {
                let (name, named) = (parameter.name, local("named"));
                quote! { #name: #named.parameter()? }
            });
            if channel.parameters.is_empty() { quote!(Self::#name) } else { quote!(Self::#name { #(#fields),* }) }
        })
        .collect();
    let body = match (arms.pop(), arms.is_empty()) {
        (None, _) => quote! {
            __triwire::Named::read(&[], #text)?;
            ::core::result::Result::Err(__triwire::ChannelError::Unknown)
        },
        (Some(only), true) if mutable.is_none() => quote! { #read; ::core::result::Result::Ok(#only) },
        (Some(only), true) => quote! { let #mutable #named = #read; ::core::result::Result::Ok(#only) },
        (Some(last), false) => {
            let at = (0..arms.len()).map(Literal::usize_unsuffixed);
            quote! {
                let #mutable #named = #read;
                ::core::result::Result::Ok(match #named.template { #(#at => #arms,)* _ => #last, })
            }
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
        let (wire, channel, volatile) = (&variant.wire, Literal::usize_unsuffixed(variant.channel), variant.volatile);
        quote! { __triwire::Variant { name: #wire, template: #channel, volatile: #volatile } }
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
    let parameters: Vec<_> = channel
        .template
        .parameters()
        .filter_map(|name| variant.fields.iter().filter_map(|field| field.ident.as_ref()).find(|field| field.unraw() == name))
        .collect();
    let pattern = match variant.fields {
        Fields::Unit => quote!(Self::#ident),
        Fields::Unnamed(_) => quote!(Self::#ident(..)),
        Fields::Named(fields) if !fields.named.is_empty() && fields.named.len() == parameters.len() => {
            quote!(Self::#ident { #(#parameters),* })
        }
        Fields::Named(_) => quote!(Self::#ident { #(#parameters,)* .. }),
    };
    quote! { #pattern => #contract.route(#at, &[#(#parameters),*]) }
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
