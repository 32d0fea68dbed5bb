//! Rules about any file of the repository, whatever it is written in.

use super::source::{Source, hold, sources};

/// In two halves, so that this file keeps its own rule.
const LATER: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

fn postponed(source: &Source) -> Vec<String> {
    if source.path.ends_with("package-lock.json") {
        return Vec::new();
    }
    let found = LATER.iter().flat_map(|word| source.text.match_indices(word));
    found.map(|(at, word)| source.fault(at, &format!("`{word}`: do it now, or file an issue and say why it can wait"))).collect()
}

fn ignored(source: &Source) -> Vec<String> {
    let found = source.code.match_indices("#[ignore").filter(|_| source.is("rs"));
    found.map(|(at, _)| source.fault(at, "an ignored test holds nothing: make it run, or take it out")).collect()
}

/// Places of one machine, and of the network, which differ where somebody else builds.
const MACHINES: [&str; 9] = [
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("crates", ".io/"),
    concat!("npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("debian", ".org"),
];

fn machines(source: &Source) -> Vec<String> {
    let found = MACHINES.iter().flat_map(|text| source.text.match_indices(text));
    found
        .map(|(at, text)| {
            source.fault(at, &format!("`{text}` is a place of one machine or registry: make the path, or leave the host out"))
        })
        .collect()
}

/// The feature brings a second syn into every user's build.
fn axum_macros(source: &Source) -> Vec<String> {
    let in_lock = source.path == "Cargo.lock";
    let found = source.text.match_indices("name = \"axum-macros\"").filter(|_| in_lock);
    found.map(|(at, _)| source.fault(at, "axum's feature `macros` is on: leave it off, no handler of ours needs it")).collect()
}

fn resolved(source: &Source) -> Vec<String> {
    let in_lock = source.path.ends_with("package-lock.json");
    let found = source.text.match_indices("\"resolved\"").filter(|_| in_lock);
    found
        .map(|(at, _)| source.fault(at, "`resolved` names a registry: write the lock with `npm install --omit-lockfile-registry-resolved`"))
        .collect()
}

fn holds(rule: fn(&Source) -> Vec<String>) {
    hold(&sources().iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn nothing_is_put_off_in_a_comment() {
    holds(postponed);
}

#[test]
fn no_test_is_ignored() {
    holds(ignored);
}

#[test]
fn no_file_names_one_machine() {
    holds(machines);
}

#[test]
fn axums_macros_stay_off() {
    holds(axum_macros);
}

#[test]
fn the_locks_are_committed_and_name_no_registry() {
    let sources = sources();
    assert!(
        sources.iter().any(|source| source.path == "Cargo.lock"),
        "Cargo.lock is missing: commit it, the tests and benchmarks depend on it"
    );
    let ignores = sources.iter().filter(|source| source.path.ends_with(".gitignore")).flat_map(|source| source.text.lines());
    assert_eq!(ignores.filter(|line| line.contains(".lock") || line.contains("package-lock")).count(), 0, "a .gitignore hides a lock file");
    hold(&sources.iter().flat_map(resolved).collect::<Vec<_>>());
}

#[test]
fn what_no_file_may_have_is_seen() {
    let source = |path: &str, text: &str| Source::new(path, text);
    assert_eq!(
        postponed(&source("a.md", &format!("x\n{}: y", LATER[0]))),
        [format!("a.md:2: `{}`: do it now, or file an issue and say why it can wait", LATER[0])]
    );
    assert_eq!(ignored(&source("a.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}")).len(), 1);
    assert_eq!(machines(&source("a.md", &format!("see {}x", MACHINES[0]))).len(), 1);
    assert_eq!(axum_macros(&source("Cargo.lock", "name = \"axum-macros\"\n")).len(), 1);
    assert_eq!(resolved(&source("a/package-lock.json", "{\"resolved\": \"x\"}")).len(), 1);
}
