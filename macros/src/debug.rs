//! `TRIWIRE_DEBUG=ChatEvent cargo check` prints the expansion of that one enum.

use proc_macro2::TokenStream;
use syn::DeriveInput;
use syn::ext::IdentExt;

/// Prints the expansion if somebody asked for this enum's.
pub(crate) fn show(input: &DeriveInput, expansion: &TokenStream) {
    if std::env::var("TRIWIRE_DEBUG").is_ok_and(|name| input.ident.unraw() == name) {
        eprintln!("{}", lines(&expansion.to_string()));
    }
}

/// Breaks the lines where a person would: after `{`, `}`, `;`, and before an attribute.
fn lines(text: &str) -> String {
    let mut out = String::new();
    let mut depth: usize = 0;
    for token in text.split(' ') {
        let closes = token.starts_with('}');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if closes && !out.ends_with('\n') {
            out.push('\n');
        }
        if out.ends_with('\n') {
            out.push_str(&"    ".repeat(depth));
        } else if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(token);
        if token.ends_with('{') {
            depth += 1;
        }
        if token.ends_with(['{', '}', ';']) || token.starts_with('}') {
            out.push('\n');
        }
    }
    out
}
