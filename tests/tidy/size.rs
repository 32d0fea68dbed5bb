//! A file that one can read at a sitting, a function that one can hold in mind.

use super::lexer::{closing, identifiers, words};
use super::source::{Source, hold, sources};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const EXAMPLE_LINES: usize = 150;

fn is_ours(source: &Source) -> bool {
    (source.is("rs") || source.is("js") || source.is("mjs"))
        && !source.path.starts_with("tests/ui/")
        && !source.path.contains("/expansions/")
}

fn long_files(source: &Source) -> Vec<String> {
    let most = if source.path.starts_with("examples/src/bin/") && source.is("rs") { EXAMPLE_LINES } else { FILE_LINES };
    let lines = source.text.lines().count();
    let is_long = is_ours(source) && lines > most;
    is_long.then(|| source.fault(0, &format!("{lines} lines, above {most}: split it where its subjects part"))).into_iter().collect()
}

fn long_functions(source: &Source) -> Vec<String> {
    if !is_ours(source) {
        return Vec::new();
    }
    let functions = if source.is("rs") { rust_functions(&source.code) } else { script_functions(&source.code) };
    let measured = functions.into_iter().map(|(begin, end)| (begin, source.line(end) - source.line(begin) + 1));
    measured
        .filter(|(_, lines)| *lines > FUNCTION_LINES)
        .map(|(at, lines)| source.fault(at, &format!("a function of {lines} lines, above {FUNCTION_LINES}: give its parts names")))
        .collect()
}

/// Each function from its `fn` to its last brace.
fn rust_functions(code: &str) -> Vec<(usize, usize)> {
    words(code, "fn")
        // A type `fn(…)` has no name.
        .filter(|at| code[at + 2..].starts_with(' ') && identifiers(&code[at + 2..]).next().is_some_and(|(place, _)| place == 1))
        .filter_map(|at| Some((at, closing(code, body(code, at)?))))
        .collect()
}

/// Where the body of the function opens; none where it has none.
fn body(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0;
    for (place, byte) in code.bytes().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(place),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Each brace that opens after a parameter list or an arrow, but for those of `if` and the like.
fn script_functions(code: &str) -> Vec<(usize, usize)> {
    let opens = code.match_indices('{').map(|(at, _)| at);
    let of_functions = opens.filter(|open| {
        let before = code[..*open].trim_end();
        before.ends_with("=>") || (before.ends_with(')') && !is_control(before))
    });
    of_functions.map(|open| (open, closing(code, open))).collect()
}

/// Whether the parenthesis that ends this text belongs to a statement, not to a function.
fn is_control(before: &str) -> bool {
    let mut depth = 0;
    for (at, byte) in before.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let word = before[..at].trim_end();
            return ["if", "for", "while", "switch", "catch", "await"].iter().any(|control| word.ends_with(control));
        }
    }
    true
}

#[test]
fn a_file_is_short() {
    hold(&sources().iter().flat_map(long_files).collect::<Vec<_>>());
}

#[test]
fn a_function_is_short() {
    hold(&sources().iter().flat_map(long_functions).collect::<Vec<_>>());
}

#[test]
fn a_long_file_is_seen() {
    let lines = |count: usize| "x\n".repeat(count);
    assert_eq!(long_files(&Source::new("runtime/src/log.rs", &lines(401))).len(), 1);
    assert_eq!(long_files(&Source::new("runtime/src/log.rs", &lines(400))).len(), 0);
    assert_eq!(long_files(&Source::new("examples/src/bin/chat.rs", &lines(151))).len(), 1);
}

#[test]
fn a_long_function_is_seen() {
    let body = "    x();\n".repeat(59);
    let rust = |head: &str| long_functions(&Source::new("runtime/src/log.rs", &format!("{head} {{\n{body}}}\n"))).len();
    assert_eq!(rust("fn a(x: [u8; 4]) -> T\nwhere\n    T: Fn(u8)"), 1);
    assert_eq!(rust("fn a()"), 1);
    assert_eq!(rust("struct A(fn(u8)); impl A"), 0);
    assert_eq!(rust("trait A { fn b(&self); } mod x"), 0);
    let script = |head: &str, tail: &str| long_functions(&Source::new("a.mjs", &format!("{head} {{\n{body}\n}}{tail}\n"))).len();
    assert_eq!(script("function a(b)", ""), 1);
    assert_eq!(script("call(async () =>", ")"), 1);
    assert_eq!(script("if (a(b))", ""), 0);
    assert_eq!(script("class A", ""), 0);
}
