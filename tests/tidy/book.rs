//! The book and the README: every block of Rust in them is compiled, every chapter is listed, every limit is named.

use std::collections::BTreeSet;

use super::source::{Source, hold, sources};

/// What a block of Rust may say of itself; `ignore` is not among them.
const FLAGS: [&str; 4] = ["rust", "no_run", "should_panic", "compile_fail"];

/// What lies in a folder is a part of a chapter, not one: the benchmarks write it, and the contract's documents.
fn is_chapter(source: &Source) -> bool {
    let name = source.path.strip_prefix("book/src/").filter(|_| source.is("md"));
    name.is_some_and(|name| !name.contains('/') && name != "SUMMARY.md")
}

/// The opening fences, with what they say and where.
fn fences(source: &Source) -> Vec<(usize, &str)> {
    let (mut at, mut is_open, mut fences) = (0, false, Vec::new());
    for line in source.text.split_inclusive('\n') {
        if let Some(says) = line.trim_start().strip_prefix("```") {
            is_open = !is_open;
            if is_open {
                fences.push((at, says.trim()));
            }
        }
        at += line.len();
    }
    fences
}

fn uncompiled(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, says) in fences(source) {
        if says.is_empty() {
            faults.push(source.fault(at, "a block without a language is taken for Rust: write what it is, `text` at least"));
        } else if says.starts_with("rust") && says.split(',').any(|flag| !FLAGS.contains(&flag.trim())) {
            faults.push(source.fault(at, &format!("`{says}`: a block of Rust is compiled, so only {} may stand there", FLAGS.join(", "))));
        }
    }
    faults
}

/// Chapters that the book's crate does not include, so that rustdoc never sees their code.
fn unincluded(sources: &[Source]) -> Vec<String> {
    let included = sources.iter().find(|source| source.path == "book/lib.rs").map_or("", |source| source.text.as_str());
    let chapters = sources.iter().filter(|source| is_chapter(source));
    chapters
        .filter(|source| !included.contains(&format!("include_str!({:?})", source.path.trim_start_matches("book/"))))
        .map(|source| source.fault(0, "book/lib.rs does not include it: its code is never compiled"))
        .collect()
}

/// The README is the front page of the crate, and so rustdoc sees its code.
fn is_front_page(sources: &[Source]) -> bool {
    let page = |path: &str| sources.iter().find(|source| source.path == path).map(|source| source.text.as_str());
    let included = page("runtime/src/lib.rs").is_some_and(|library| library.contains(r#"#![doc = include_str!("../README.md")]"#));
    included && page("README.md").is_some() && page("README.md") == page("runtime/README.md")
}

fn unlisted(sources: &[Source]) -> Vec<String> {
    let summary = sources.iter().find(|source| source.path == "book/src/SUMMARY.md").map_or("", |source| source.text.as_str());
    let chapters = sources.iter().filter(|source| is_chapter(source));
    let hidden = chapters.filter(|source| !summary.contains(&format!("({})", source.path.trim_start_matches("book/src/"))));
    hidden.map(|source| source.fault(0, "SUMMARY.md does not list it: nobody will find it")).collect()
}

/// Links to chapters that are not there.
fn dangling(sources: &[Source]) -> Vec<String> {
    let is_there = |name: &str| sources.iter().any(|source| source.path.strip_prefix("book/src/") == Some(name));
    let chapters = sources.iter().filter(|source| source.path.starts_with("book/src/") && source.is("md"));
    let links = chapters.flat_map(|source| source.text.match_indices("](").map(move |(at, _)| (source, at)));
    links
        .filter_map(|(source, at)| {
            let target = source.text[at + 2..].split([')', '#']).next()?;
            let is_broken = target.ends_with(".md") && !target.contains("://") && !is_there(target);
            is_broken.then(|| source.fault(at, &format!("there is no chapter `{target}`: mend the link")))
        })
        .collect()
}

/// The first column of the tables.
fn table(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

/// The public fields of a struct's source.
fn fields(code: &str) -> BTreeSet<&str> {
    code.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':')).map(|(name, _)| name).collect()
}

fn text<'a>(sources: &'a [Source], path: &str) -> &'a str {
    sources.iter().find(|source| source.path == path).map_or("", |source| source.text.as_str())
}

#[test]
fn every_block_of_rust_is_compiled() {
    let sources = sources();
    let written = sources.iter().filter(|source| is_chapter(source) || source.path.ends_with("README.md"));
    hold(&written.flat_map(uncompiled).chain(unincluded(&sources)).collect::<Vec<_>>());
}

#[test]
fn the_readme_is_the_front_page_of_the_crate() {
    assert!(is_front_page(&sources()), "runtime/README.md is a link to README.md, and runtime/src/lib.rs includes it as its documentation");
    assert!(!is_front_page(&[Source::new("README.md", "a"), Source::new("runtime/README.md", "b")]));
}

#[test]
fn every_chapter_is_listed() {
    hold(&unlisted(&sources()));
}

#[test]
fn every_link_leads_to_a_chapter() {
    hold(&dangling(&sources()));
}

#[test]
fn every_limit_has_its_line_in_the_book() {
    let sources = sources();
    let chapter = text(&sources, "book/src/limits.md");
    let (hub, _) = chapter.split_once("\n## The server\n").expect("the server's limits stand after the hub's");
    for (file, listed) in [("runtime/src/limits.rs", table(hub)), ("runtime/src/serve/limits.rs", table_under(chapter, "The server"))] {
        let fields = fields(text(&sources, file));
        assert!(!fields.is_empty(), "{file} has no public field");
        assert_eq!(
            fields, listed,
            "the fields in {file} (left) and the table in book/src/limits.md (right) differ: bring the table up to date"
        );
    }
}

/// The codes of the refusals, where the source gives each its status.
fn codes(code: &str) -> BTreeSet<&str> {
    code.match_indices("\", StatusCode::").filter_map(|(at, _)| code[..at].rsplit_once('"')).map(|(_, name)| name).collect()
}

/// The first column of the table under this heading.
fn table_under<'a>(text: &'a str, heading: &str) -> BTreeSet<&'a str> {
    let section = text.split_once(&format!("\n## {heading}\n")).map_or("", |(_, rest)| rest);
    table(section.split("\n## ").next().unwrap_or_default())
}

#[test]
fn every_code_of_a_refusal_has_its_line_in_the_book() {
    let sources = sources();
    let codes = codes(text(&sources, "runtime/src/transport/problem.rs"));
    let listed = table_under(text(&sources, "book/src/protocol.md"), "Errors");
    assert_eq!(
        codes, listed,
        "the codes of `Problem` (left) and the table in book/src/protocol.md (right) differ: bring the table up to date"
    );
}

#[test]
fn code_that_is_not_compiled_is_seen() {
    let chapter = Source::new("book/src/a.md", "```rust,ignore\nx\n```\n\n```\ny\n```\n\n```rust,no_run\nz\n```\n\n```sh\nls\n```\n");
    assert_eq!(uncompiled(&chapter).len(), 2);
    let library = Source::new("book/lib.rs", "#[doc = include_str!(\"src/b.md\")]\nmod b {}");
    let summary = Source::new("book/src/SUMMARY.md", "- [B](b.md)");
    let sources = [chapter, library, summary, Source::new("book/src/b.md", "[a](a.md#x) [c](c.md)")];
    assert_eq!((unincluded(&sources).len(), unlisted(&sources).len(), dangling(&sources).len()), (1, 1, 1));
}

#[test]
fn a_table_and_a_struct_are_read() {
    assert_eq!(table("| limit | default |\n|---|---|\n| `history` | 256 |\n"), BTreeSet::from(["history"]));
    assert_eq!(table_under("\n## A\n| `x` |\n\n## B\n| `y` |\n", "B"), BTreeSet::from(["y"]));
    assert_eq!(codes("Self::A => (\"a_b\", StatusCode::NOT_FOUND),"), BTreeSet::from(["a_b"]));
    assert_eq!(fields("pub struct A {\n    /// Doc: x\n    pub history: usize,\n    private: u8,\n}"), BTreeSet::from(["history"]));
}
