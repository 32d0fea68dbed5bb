//! `TRIWIRE_DEBUG=ChatEvent cargo check` prints the expansion of that one enum, in lines that one can read.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{Attribute, DeriveInput, LitStr};

/// Prints the expansion if somebody asked for this enum's.
pub(crate) fn show(input: &DeriveInput, expansion: &TokenStream) {
    if std::env::var("TRIWIRE_DEBUG").is_ok_and(|name| input.ident.unraw() == name) {
        eprintln!("{}", lines(expansion));
    }
}

/// One line for each statement, field, arm and item. (prettyplease does better, and is more than ten times as much to compile as this crate.)
fn lines(tokens: &TokenStream) -> String {
    let mut lines = Lines { text: String::new(), depth: 0 };
    lines.tokens(tokens.clone(), true);
    lines.text
}

/// What is written without a space between.
const PAIRS: [&str; 6] = ["::", "->", "=>", "&&", "..", "=="];

/// After these a path begins, though they are words.
const KEYWORDS: [&str; 5] = ["impl", "mut", "use", "for", "as"];

struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    /// Writes tokens; `broken` where a `,` ends a line.
    fn tokens(&mut self, tokens: TokenStream, broken: bool) {
        let mut tokens = tokens.into_iter().peekable();
        let mut angles = 0;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(hash) if hash.as_char() == '#' => {
                    if let Some(TokenTree::Group(attribute)) = tokens.next_if(|next| matches!(next, TokenTree::Group(_))) {
                        self.attribute(&attribute);
                    }
                }
                TokenTree::Group(group) => self.group(&group),
                TokenTree::Punct(first) => {
                    let mut word = String::from(first.as_char());
                    // Tokens join whatever they stand beside; what belongs together are these.
                    let joined =
                        |next: &TokenTree| matches!(next, TokenTree::Punct(next) if PAIRS.contains(&format!("{first}{next}").as_str()));
                    if first.spacing() == Spacing::Joint
                        && let Some(second) = tokens.next_if(joined)
                    {
                        word.push_str(&second.to_string());
                    }
                    angles = angles + usize::from(word == "<") - usize::from(word == ">" && angles > 0);
                    self.word(&word);
                    if word == ";" || word == "," && broken && angles == 0 {
                        self.line();
                    }
                }
                other => self.word(&other.to_string()),
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Brace if short(group) => {
                self.word("{");
                self.text.push(' ');
                self.tokens(group.stream(), false);
                return self.text.push_str(" }");
            }
            Delimiter::Brace => {
                self.word("{");
                self.depth += 1;
                self.line();
                self.tokens(group.stream(), true);
                self.depth -= 1;
                self.line();
                self.text.push('}');
                return self.line();
            }
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        self.word(open);
        self.tokens(group.stream(), false);
        self.text.push_str(close);
    }

    fn attribute(&mut self, attribute: &Group) {
        let attribute: Option<Attribute> =
            syn::parse::Parser::parse2(Attribute::parse_outer, quote::quote!(# #attribute)).ok().and_then(|mut all| all.pop());
        let doc = attribute.as_ref().and_then(|attribute| Some(&attribute.meta.require_name_value().ok()?.value));
        if let Some(doc) = doc.and_then(|doc| syn::parse2::<LitStr>(quote::quote!(#doc)).ok()) {
            self.text.push_str(&format!("///{}", doc.value()));
        } else if let Some(attribute) = attribute {
            self.text.push_str("#[");
            self.tokens(
                {
                    let meta = &attribute.meta;
                    quote::quote!(#meta)
                },
                false,
            );
            self.text.push(']');
        }
        self.line();
    }

    /// Begins a line, unless one has just begun.
    fn line(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self.text.push_str(&"    ".repeat(self.depth));
    }

    /// Writes one word, and a space before it where a person would.
    fn word(&mut self, word: &str) {
        if ["=>", ",", ";"].contains(&word) && self.text.trim_end().ends_with('}') {
            self.text.truncate(self.text.trim_end().len());
        }
        let last = self.text.rsplit(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap_or_default();
        let after_name = !last.is_empty() && !KEYWORDS.contains(&last);
        let tight_after =
            self.text.is_empty() || self.text.ends_with(['\n', ' ', '.', '&', '<', '(', '[', '\'', '!']) || self.text.ends_with("::");
        let tight_before = match word {
            "" | "," | ";" | "." | ":" | "?" | ">" => true,
            "::" | "<" | "(" | "[" => after_name || self.text.ends_with(['>', ')', ']']) && !self.text.ends_with("->"),
            _ => false,
        };
        if !tight_after && !tight_before {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }
}

/// Whether braces and what is in them go on one line: the fields of a pattern.
fn short(group: &Group) -> bool {
    let alone = |token: TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() != ';' && punct.as_char() != '#',
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        _ => true,
    };
    group.stream().to_string().len() < 40 && group.stream().into_iter().all(alone) && !group.stream().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_the_expansion_in_lines() {
        let input = syn::parse_quote! { enum Event { #[realtime(channel = "room:{room}")] Message { room: String } } };
        let expansion = crate::derive(&input);
        let shown = lines(&expansion);
        let again: TokenStream = shown.parse().expect("what is shown is Rust");
        let bare = |tokens: &TokenStream| tokens.to_string().replace(' ', "");
        assert_eq!(bare(&again), bare(&expansion));
        assert!(shown.lines().count() > 40 && shown.lines().all(|line| line.chars().count() < 160), "{shown}");
    }
}
