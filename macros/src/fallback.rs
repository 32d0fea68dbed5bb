//! What stands in for the expansion of an enum with mistakes: the mistakes, and impls that let everything else compile,
//! so that nobody has to look for the mistake among its consequences. None of it ever runs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use crate::model::Model;
use crate::{channels, expand};

pub(crate) fn expand(model: &Model<'_>, mistakes: &TokenStream) -> TokenStream {
    let channels = channels::definition(model);
    let block = expand::block(model, &[channels::impls(model), realtime(model)]);
    quote! { #mistakes #channels #block }
}

fn realtime(model: &Model<'_>) -> TokenStream {
    let (ident, channels, name) = (&model.input.ident, &model.channels_name, model.input.ident.unraw().to_string());
    let (generics, arguments, bounds) = model.input.generics.split_for_impl();
    let mut bounds = quote!(#bounds);
    if !model.input.generics.params.is_empty() {
        if bounds.is_empty() {
            bounds = quote!(where);
        }
        bounds.extend(quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static));
    }
    // A forgotten derive is a mistake of its own, told in the same compile; not so where that derive had nothing to work with.
    let (encode, schema) = if model.derived { expand::needs(model) } else { (quote!(|_, _| loop {}), quote!(|_| loop {})) };
    let (command, reply, commands) = expand::commands(model);
    let (state, states) = expand::states(model);
    quote! {
        impl #generics __triwire::Realtime for #ident #arguments #bounds {
            type Channel = #channels;
            type Command = #command;
            type Reply = #reply;
            type State = #state;
            const CONTRACT: __triwire::Contract<Self> = __triwire::Contract {
                name: #name,
                history: ::core::option::Option::None,
                keep: ::core::option::Option::None,
                variants: &[],
                commands: #commands,
                states: #states,
                encode: #encode,
                schema: #schema,
            };
            fn route(&self) -> __triwire::Route { loop {} }
        }
    }
}
