//! Writes what was meant: the enum of channels, and a table and one match for the enum of events. Nothing here, nor in `channels`,
//! can fail.
//!
//! Local names have the hygiene of the macro (`mixed_site`), so that a field called `f` or `named` is not one of them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Fields, Path};

use crate::model::{Audience, Channel, Model, Parameter, Variant};
use crate::template::Part;
use crate::{channels, unfit};

/// The whole expansion of an enum without mistakes.
pub(crate) fn expand(model: &Model<'_>) -> TokenStream {
    let channels = channels::definition(model);
    let block = block(model, &[channels::impls(model), realtime(model)]);
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
        let guarded = variant.audience.is_some().then(|| quote!(.guarded()));
        let latest = variant.latest.then(|| quote!(.latest()));
        let ends = variant.ends.then(|| quote!(.ends()));
        let presence = variant.presence.then(|| quote!(.presence()));
        quote! { __triwire::Variant::new(#wire, #channel)#volatile #guarded #latest #ends #presence }
    });
    let (encode, schema) = needs(model);
    let (command, reply, commands) = commands(model);
    let (state, states) = states(model);
    // A field that users should no longer read still says where the event goes.
    let deprecated = model
        .variants
        .iter()
        .flat_map(|variant| variant.fields)
        .flat_map(|field| &field.attrs)
        .any(|attribute| attribute.path().is_ident("deprecated"));
    let allow = deprecated.then(|| quote!(#[allow(deprecated)]));
    let contract = local("contract");
    let arms = model.variants.iter().enumerate().map(|(at, variant)| arm(at, variant, &model.channels[variant.channel], &contract));
    quote! {
        impl __triwire::Realtime for #ident {
            type Channel = #channels;
            type Command = #command;
            type Reply = #reply;
            type State = #state;
            const CONTRACT: __triwire::Contract<#ident> = __triwire::Contract {
                name: #name,
                history: #history,
                keep: #keep,
                variants: &[#(#variants),*],
                commands: #commands,
                states: #states,
                encode: #encode,
                schema: #schema,
            };
            #allow
            fn route(&self) -> __triwire::Route {
                let #contract = &<Self as __triwire::Realtime>::CONTRACT;
                match self { #(#arms,)* }
            }
        }
    }
}

/// The functions that an enum has by its other derives; at its name, so that a forgotten one is told there, once.
pub(crate) fn needs(model: &Model<'_>) -> (TokenStream, TokenStream) {
    let ident = &model.input.ident;
    (
        quote_spanned! { ident.span()=> <#ident as __triwire::Encode>::encode },
        quote_spanned! { ident.span()=> <#ident as __triwire::Describe>::describe },
    )
}

/// The types of the commands and of what they are answered, and how one is read, described and answered.
pub(crate) fn commands(model: &Model<'_>) -> (TokenStream, TokenStream, TokenStream) {
    let reply = model.reply.as_ref().map_or_else(|| quote!(()), |path| quote!(#path));
    let Some(path) = &model.commands else { return (quote!(::core::convert::Infallible), reply, option(None)) };
    let span = span(path);
    let read = quote_spanned! { span=> <#path as __triwire::Decode>::decode };
    let schema = quote_spanned! { span=> <#path as __triwire::Describe>::describe };
    let answer = sent(&reply, model.reply.as_ref().map_or_else(Span::call_site, self::span));
    let commands = quote!(__triwire::Commands { read: #read, schema: #schema, reply: #answer });
    (quote!(#path), reply, option(Some(commands)))
}

/// The type of the states, and how one is written and described.
pub(crate) fn states(model: &Model<'_>) -> (TokenStream, TokenStream) {
    let Some(path) = &model.state else { return (quote!(::core::convert::Infallible), option(None)) };
    let ty = quote!(#path);
    let states = sent(&ty, span(path));
    (ty, option(Some(states)))
}

/// How a value is written and described; at its type's name, so that a forgotten derive is told there.
fn sent(ty: &TokenStream, span: Span) -> TokenStream {
    let encode = quote_spanned! { span=> <#ty as __triwire::Encode>::encode };
    let schema = quote_spanned! { span=> <#ty as __triwire::Describe>::describe };
    quote!(__triwire::Sent { encode: #encode, schema: #schema })
}

fn span(path: &Path) -> Span {
    path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span())
}

fn arm(at: usize, variant: &Variant<'_>, channel: &Channel<'_>, contract: &Ident) -> TokenStream {
    let (at, ident) = (Literal::usize_unsuffixed(at), variant.ident);
    let parameters: Vec<_> = channel.parameters.iter().filter_map(|parameter| own_name(variant, parameter)).collect();
    // A field may be several things, and a pattern has each name once.
    let mut names = parameters.clone();
    let audience = variant.audience.iter().flat_map(|audience| audience.fields.iter().copied());
    for name in audience.chain(variant.key.as_ref().map(|key| key.name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let pattern = match variant.fields {
        Fields::Unit => quote!(Self::#ident),
        Fields::Unnamed(_) => quote!(Self::#ident(..)),
        Fields::Named(fields) if !names.is_empty() && fields.named.len() == names.len() => quote!(Self::#ident { #(#names),* }),
        Fields::Named(_) => quote!(Self::#ident { #(#names,)* .. }),
    };
    let parameters = channel.parameters.iter().zip(&parameters).map(|(parameter, name)| unfit::shown(parameter, name));
    let only = variant.audience.as_ref().map(only);
    let key = variant.key.as_ref().map(|key| {
        let shown = unfit::key(key);
        quote!(.key(#shown))
    });
    quote! { #pattern => #contract.route(#at, &[#(#parameters),*])#only #key }
}

/// That only some may see it; each field at its own place, so that one without a text is told there.
fn only(audience: &Audience<'_>) -> TokenStream {
    let mut fields = audience.fields.iter();
    let parts = audience.template.parts.iter().map(|part| match part {
        Part::Literal(text) => quote!(&#text),
        Part::Parameter(_) => fields.next().map_or_else(TokenStream::new, |field| {
            quote_spanned! { field.span()=> __triwire::Shown::shown(#field) }
        }),
    });
    quote! { .only(&[#(#parts),*]) }
}

/// A parameter's field in a variant, which may spell it with or without `r#`.
fn own_name<'a>(variant: &Variant<'a>, parameter: &Parameter<'_>) -> Option<&'a Ident> {
    let mut names = variant.fields.iter().filter_map(|field| field.ident.as_ref());
    names.find(|name| name.unraw() == parameter.name.unraw())
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// A local name that no name of the user's can be.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
