//! One word per thing, and none of those that name nothing.

use super::lexer::identifiers;
use super::source::{Source, hold, sources};

/// Each with the word that says what is meant.
const BANNED: &[(&str, &str)] = &[
    ("cursor", "a reader's place is a `position`"),
    ("session", "one connected client is a `connection`"),
    ("emit", "an event is published: `publish`"),
    ("manager", "name what it holds or does"),
    ("util", "put it where it is used, or name its subject"),
    ("utils", "put it where it is used, or name its subject"),
    ("helper", "put it where it is used, or name its subject"),
    ("helpers", "put it where it is used, or name its subject"),
    ("common", "name what the parts share"),
];

/// Packages that others named.
const FOREIGN: &[&str] = &["futures_util", "hyper_util", "http_body_util", "tokio_util"];

fn faults(source: &Source) -> Vec<String> {
    if !source.is_library() {
        return Vec::new();
    }
    let path = (0, source.path.as_str());
    let names = std::iter::once(path).chain(identifiers(&source.code));
    names
        .filter(|(_, name)| !FOREIGN.contains(name))
        .filter_map(|(at, name)| {
            let parts = parts(name);
            let (word, remedy) = BANNED.iter().find(|(word, _)| parts.iter().any(|part| part == word))?;
            Some(source.fault(at, &format!("`{name}` has the word `{word}`: {remedy}")))
        })
        .collect()
}

/// The words of a name in any of Rust's cases, in lower case.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for character in name.chars() {
        if !character.is_alphanumeric() || character.is_uppercase() {
            parts.push(String::new());
        }
        if character.is_alphanumeric() {
            parts.last_mut().expect("it begins with one").extend(character.to_lowercase());
        }
    }
    parts
}

#[test]
fn library_code_uses_the_words_of_the_design() {
    hold(&sources().iter().flat_map(faults).collect::<Vec<_>>());
}

#[test]
fn a_banned_word_is_seen() {
    let seen = |path: &str, text: &str| faults(&Source::new(path, text)).len();
    assert_eq!(seen("runtime/src/hub.rs", "struct SessionManager;\n"), 1);
    assert_eq!(seen("runtime/src/hub.rs", "fn emit_all(cursor: u64) {}\n"), 2);
    assert_eq!(seen("runtime/src/utils.rs", ""), 1);
    assert_eq!(seen("runtime/src/hub.rs", "use futures_util::my_util;\n"), 1);
    assert_eq!(seen("runtime/src/hub.rs", "// a cursor\nfn remitted(commonly: u8) { \"session\"; }\n"), 0);
    assert_eq!(seen("tests/law.rs", "fn helper() {}\n"), 0, "not the library");
}
