//! The derive of triwire.

mod attr;
mod channels;
mod debug;
mod errors;
mod expand;
#[cfg(test)]
mod expansions;
mod fallback;
mod latest;
mod model;
mod serde;
mod template;
mod unfit;
mod words;

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::errors::Errors;

/// Makes an enum the events of a hub.
#[proc_macro_derive(Realtime, attributes(realtime))]
pub fn realtime(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let expansion = derive(&input);
    debug::show(&input, &expansion);
    expansion.into()
}

/// What was written -> what was meant -> what it means in Rust.
fn derive(input: &DeriveInput) -> TokenStream {
    let errors = Errors::new();
    let model = model::check(attr::read(input, &errors), &errors);
    match errors.finish() {
        None => expand::expand(&model),
        Some(mistakes) => fallback::expand(&model, &mistakes),
    }
}
