//! The derive of triwire.

/// Makes an enum the events of a hub.
#[proc_macro_derive(Realtime, attributes(realtime))]
pub fn realtime(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    proc_macro::TokenStream::new()
}
