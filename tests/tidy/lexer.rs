//! Source text with its comments and literals blanked, byte for byte in place, so that a rule sees only code.

/// What the text is written in; they differ in quotes and in what a slash may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Script,
}

/// The text with every byte of a comment or literal replaced by a space; line breaks stay.
pub(super) fn code(text: &str, language: Language) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = literal(bytes, at, language);
        if end == at {
            let next = text[at..].chars().next().expect("`at` is before the end");
            out.push(next);
            at += next.len_utf8();
        } else {
            out.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins here ends; here, if none begins.
fn literal(bytes: &[u8], at: usize, language: Language) -> usize {
    let rest = &bytes[at..];
    let after_word = at > 0 && is_word(bytes[at - 1]);
    match rest[0] {
        b'/' if rest.starts_with(b"//") => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        b'/' if rest.starts_with(b"/*") => at + block_comment(rest, language),
        b'"' => at + quoted(rest, b'"'),
        b'\'' | b'`' if language == Language::Script => at + quoted(rest, rest[0]),
        b'/' if language == Language::Script && regex_may_begin(&bytes[..at]) => at + quoted(rest, b'/'),
        b'\'' => at + character(rest),
        b'r' | b'b' | b'c' if language == Language::Rust && !after_word => at + prefixed(rest),
        _ => at,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Rust's nest, a script's do not.
fn block_comment(rest: &[u8], language: Language) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] if depth == 0 || language == Language::Rust => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of a literal that ends at the next of these quotes without a backslash.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character's literal, or nothing where it is a lifetime.
fn character(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', ..] => quoted(rest, b'\''),
        [_, byte, b'\'', ..] if byte.is_ascii() => 3,
        [_, byte, ..] if !byte.is_ascii() => rest.iter().skip(1).position(|byte| *byte == b'\'').map_or(0, |end| end + 2),
        _ => 0,
    }
}

/// `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `b'…'`, `c"…"`; nothing where it is a name.
fn prefixed(rest: &[u8]) -> usize {
    let letters = rest.iter().take_while(|byte| matches!(byte, b'r' | b'b' | b'c')).count();
    let hashes = rest[letters..].iter().take_while(|byte| **byte == b'#').count();
    let raw = rest[..letters].contains(&b'r');
    match rest.get(letters + hashes) {
        Some(b'"') if raw => {
            let begin = letters + hashes + 1;
            let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
            rest[begin..].windows(closing.len()).position(|window| window == closing).map_or(rest.len(), |end| begin + end + closing.len())
        }
        Some(b'"') if hashes == 0 => letters + quoted(&rest[letters..], b'"'),
        Some(b'\'') if hashes == 0 && rest[0] == b'b' => letters + character(&rest[letters..]),
        _ => 0,
    }
}

/// A slash after an operator begins a regular expression; after a value it divides.
fn regex_may_begin(before: &[u8]) -> bool {
    let last = before.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    last.is_none_or(|byte| b"(,=:[!&|?{};>".contains(byte)) || before.ends_with(b"return ")
}

/// Where the brace that opens at `open` closes.
pub(super) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

/// Where each of these words stands in the code, as a whole word.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let bytes = code.as_bytes();
        (*at == 0 || !is_word(bytes[at - 1])) && !bytes.get(at + word.len()).copied().is_some_and(is_word)
    })
}

/// The identifiers of the code, with their places.
pub(super) fn identifiers(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + code[at..].find(|c: char| c.is_alphabetic() || c == '_')?;
        let end = code[begin..].find(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(code.len(), |length| begin + length);
        at = end;
        Some((begin, &code[begin..end]))
    })
}

#[test]
fn comments_and_literals_are_blanked_in_place() {
    let cases = [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (r#"f("a\"b", 'c', '\n')"#, "f(      ,    ,     )"),
        (r##"r#"a"b"# x"##, "         x"),
        ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
        ("b'\"' b\"x\" raw", "          raw"),
        ("'ä' ü", "     ü"),
    ];
    for (text, blanked) in cases {
        assert_eq!(code(text, Language::Rust), blanked, "{text}");
    }
    assert_eq!(code("x = /'{/; y = 'a' / `b`", Language::Script), "x =     ; y =     /    ");
}
