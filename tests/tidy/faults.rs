//! A fault that no longer applies tests nothing: each patch in `tests/faults` fits today's code.

use super::source::{Source, hold, sources};

/// The hunks of a patch: the file, and the lines that must stand there in a row.
fn hunks(patch: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut file, mut hunks) = ("", Vec::<(&str, Vec<&str>)>::new());
    for line in patch.lines() {
        if let Some(path) = line.strip_prefix("+++ b/") {
            file = path;
        } else if line.starts_with("@@ ") {
            hunks.push((file, Vec::new()));
        } else if let (Some((_, lines)), Some(old)) = (hunks.last_mut(), line.strip_prefix([' ', '-'])) {
            lines.push(old);
        }
    }
    hunks
}

fn unfit(source: &Source, sources: &[Source]) -> Vec<String> {
    if !source.is("patch") {
        return Vec::new();
    }
    let fits = |(path, lines): &(&str, Vec<&str>)| {
        let file = sources.iter().find(|source| source.path == *path);
        file.is_some_and(|file| file.text.lines().collect::<Vec<_>>().windows(lines.len()).any(|window| window == lines))
    };
    let unfit = hunks(&source.text).into_iter().filter(|hunk| !fits(hunk));
    unfit.map(|(path, _)| source.fault(0, &format!("does not fit `{path}` any more: make it anew"))).collect()
}

#[test]
fn every_fault_fits_the_code() {
    let sources = sources();
    hold(&sources.iter().flat_map(|source| unfit(source, &sources)).collect::<Vec<_>>());
}

#[test]
fn a_fault_that_does_not_fit_is_seen() {
    let sources = [Source::new("a.rs", "one\ntwo\nthree\n")];
    let seen = |hunk: &str| unfit(&Source::new("f.patch", &format!("+++ b/a.rs\n@@ -1 +1 @@\n{hunk}")), &sources).len();
    assert_eq!(seen(" one\n-two\n+2\n three\n"), 0);
    assert_eq!(seen(" one\n-too\n+2\n three\n"), 1);
    assert_eq!(seen("-three\n+3\n four\n"), 1);
}
