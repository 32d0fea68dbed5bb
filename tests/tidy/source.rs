//! The repository's files, and what the rules ask of them.

use std::fs;
use std::path::Path;

use super::lexer::{Language, closing, code, words};

/// One text file of the repository.
#[derive(Debug)]
pub(super) struct Source {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    /// The text without comments and literals; the text itself where the language is not known.
    pub(super) code: String,
    /// For each line, whether only tests see it.
    tests: Vec<bool>,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let code = match path.rsplit('.').next() {
            Some("rs") => code(text, Language::Rust),
            Some("js" | "mjs") => code(text, Language::Script),
            _ => text.to_owned(),
        };
        let mut source = Self { path: path.to_owned(), text: text.to_owned(), tests: vec![false; text.lines().count() + 1], code };
        if source.is("rs") {
            for (begin, end) in test_items(&source.code) {
                let lines = source.line(begin)..=source.line(end);
                lines.for_each(|line| source.tests[line - 1] = true);
            }
        }
        source
    }

    /// Whether its name ends so.
    pub(super) fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, end)| end == extension)
    }

    /// Whether it is part of what users compile.
    pub(super) fn is_library(&self) -> bool {
        self.is("rs")
            && (self.path.starts_with("macros/src/") || self.path.starts_with("runtime/src/"))
            && !self.path.contains("/expansions/")
    }

    /// The line, from 1, of a place in the text.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count()
    }

    /// Whether only tests see this place.
    pub(super) fn is_test(&self, at: usize) -> bool {
        self.tests[self.line(at) - 1]
    }

    /// A sentence about a place in it.
    pub(super) fn fault(&self, at: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, self.line(at))
    }

    /// Where the text stands in its code, outside tests; not as the end of a longer name.
    pub(super) fn library_places<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        let found = self.code.match_indices(text).map(|(at, _)| at);
        let whole = found.filter(move |at| !text.starts_with(is_word) || !self.code[..*at].ends_with(is_word));
        whole.filter(|at| !self.is_test(*at))
    }
}

/// The items under a `cfg` of `test` or of loom, from the attribute to their end.
fn test_items(code: &str) -> Vec<(usize, usize)> {
    let attributes = code.match_indices("#[cfg(").map(|(at, _)| at);
    let of_tests = attributes.filter_map(|at| {
        let end = at + code[at..].find(']')?;
        let condition = &code[at..end];
        let named = ["test", "loom", "triwire_loom"].iter().any(|word| words(condition, word).next().is_some());
        (named && !condition.contains("not(")).then_some((at, end))
    });
    of_tests
        .map(|(at, end)| {
            let stop = code[end..].find(['{', ';']).map_or(code.len(), |length| end + length);
            let last = if code[stop..].starts_with('{') { closing(code, stop) } else { stop };
            (at, last)
        })
        .collect()
}

/// Every text file of the repository, but for what is built, installed or generated.
pub(super) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository");
    let mut sources = Vec::new();
    read_folder(root, root, &mut sources);
    assert!(sources.len() > 20, "the repository was not found at {}", root.display());
    mark_test_files(&mut sources);
    sources
}

fn read_folder(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder can be read").map(|entry| entry.expect("an entry can be read").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).expect("it lies below the root").to_string_lossy().replace('\\', "/");
        // In a worktree `.git` is a file.
        let skipped = ["target", ".git", "book/out"].contains(&name.as_str()) || name.ends_with("node_modules");
        if skipped {
            continue;
        }
        if path.is_dir() {
            read_folder(root, &path, sources);
        } else if let Ok(text) = fs::read_to_string(&path) {
            sources.push(Source::new(&name, &text));
        }
    }
}

/// A file that its parent declares under `cfg(test)` is a test from its first line to its last.
fn mark_test_files(sources: &mut [Source]) {
    let declared: Vec<String> = sources
        .iter()
        .filter(|source| source.is("rs"))
        .flat_map(|source| {
            let folder = match source.path.rsplit_once('/') {
                Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
                _ => source.path.trim_end_matches(".rs").to_owned(),
            };
            let modules = words(&source.code, "mod").filter(|at| source.is_test(*at));
            modules.filter_map(move |at| Some(format!("{folder}/{}", source.code[at + 4..].split_once(';')?.0.trim()))).collect::<Vec<_>>()
        })
        .collect();
    for source in sources {
        let is_declared = |module: &String| {
            let rest = source.path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        if declared.iter().any(is_declared) {
            source.tests.fill(true);
        }
    }
}

/// Fails with every fault, one a line.
pub(super) fn hold(faults: &[String]) {
    assert!(faults.is_empty(), "{} places break a rule of the house:\n{}\n", faults.len(), faults.join("\n"));
}

#[test]
fn what_only_tests_see_is_known() {
    let source = Source::new(
        "a.rs",
        "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n#[cfg(triwire_loom)]\nuse x;\n#[cfg(not(test))]\nuse y;\n",
    );
    let seen: Vec<bool> = source.tests.iter().copied().take(10).collect();
    assert_eq!(seen, [false, true, true, true, true, false, true, true, false, false]);
}

#[test]
fn a_file_declared_for_tests_is_a_test() {
    let mut sources = [
        Source::new("r/src/lib.rs", "#[cfg(test)]\nmod model;\nmod log;\n"),
        Source::new("r/src/model.rs", "x"),
        Source::new("r/src/log.rs", "x"),
    ];
    mark_test_files(&mut sources);
    assert!(sources[1].is_test(0) && !sources[2].is_test(0));
}
