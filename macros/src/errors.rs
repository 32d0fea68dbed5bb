//! Collects what is wrong with an enum, so that one compile tells all of it.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far. Shared by reference; must be read by [`Errors::finish`], and panics when it is dropped unread:
/// a mistake that nobody hears of would become an expansion that means something else.
pub(crate) struct Errors {
    found: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())) }
    }

    /// A mistake at the given tokens.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// A mistake at the given place.
    pub(crate) fn spanned(&self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// A mistake that another parser found.
    pub(crate) fn add(&self, error: syn::Error) {
        if let Some(found) = self.found.borrow_mut().as_mut() {
            found.push(error);
        }
    }

    /// All mistakes as `compile_error!`s, or nothing where there was none.
    pub(crate) fn finish(self) -> Option<TokenStream> {
        let found = self.found.take().unwrap_or_default();
        if found.is_empty() { None } else { Some(found.iter().map(syn::Error::to_compile_error).collect()) }
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(std::thread::panicking() || self.found.borrow().is_none(), "the mistakes of an enum were collected and not read");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "not read")]
    fn dropped_unread_panics() {
        drop(Errors::new());
    }

    #[test]
    fn each_mistake_is_told() {
        let errors = Errors::new();
        errors.spanned(Span::call_site(), "one");
        errors.spanned(Span::call_site(), "two");
        let told = errors.finish().map(|tokens| tokens.to_string()).unwrap_or_default();
        assert!(told.contains("one") && told.contains("two"), "{told}");
    }
}
