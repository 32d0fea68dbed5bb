//! What a user's build takes in: the list in the book is the whole of it by default, the client's tree has nothing of the server, and
//! `syn` is there once.

use std::collections::BTreeSet;

use crate::shell::{cargo, output, read};
use crate::steps::Verdict;

const CHAPTER: &str = "book/src/dependencies.md";

/// What a client has no use for: one of these in its tree, and the server has come in.
const OF_THE_SERVER: &[&str] =
    &["axum", "axum-core", "matchit", "tower", "tower-http", "tower-layer", "tower-service", "signal-hook-registry"];

/// Compares the trees with the book's list, and counts syn.
pub(crate) fn step() -> Result<Verdict, String> {
    let chapter = read(CHAPTER)?;
    client(&packages(&["--no-default-features", "--features", "client-rustls"])?, &chapter)?;
    let packages = packages(&[])?;
    one_syn(&packages)?;
    let names = names(&packages);
    let listed = listed(&chapter);
    let absent: Vec<&str> = names.difference(&listed).copied().collect();
    let stale: Vec<&str> = listed.difference(&names).copied().collect();
    if absent.is_empty() && stale.is_empty() {
        println!("   {} packages, each with its reason in {CHAPTER}", names.len());
        return Ok(Verdict::Passed);
    }
    Err(format!("{CHAPTER} lacks [{}] and lists what is not there: [{}]", absent.join(", "), stale.join(", ")))
}

/// The client's tree: nothing of the server, and each package has its name in the chapter.
fn client(packages: &BTreeSet<String>, chapter: &str) -> Result<(), String> {
    one_syn(packages)?;
    let names = names(packages);
    let servers: Vec<&str> = names.iter().copied().filter(|name| OF_THE_SERVER.contains(name)).collect();
    if !servers.is_empty() {
        return Err(format!("the client's tree has something of the server: {}", servers.join(", ")));
    }
    let unnamed: Vec<&str> = names.into_iter().filter(|name| !chapter.contains(&format!("`{name}`"))).collect();
    if unnamed.is_empty() { Ok(()) } else { Err(format!("{CHAPTER} does not name what the client brings: {}", unnamed.join(", "))) }
}

fn one_syn(packages: &BTreeSet<String>) -> Result<(), String> {
    let syn: Vec<&str> = packages.iter().filter(|package| package.starts_with("syn ")).map(String::as_str).collect();
    if syn.len() == 1 {
        return Ok(());
    }
    Err(format!("a tree must have one syn, and has {}: see `cargo tree -p triwire -i syn`", syn.join(", ")))
}

fn names(packages: &BTreeSet<String>) -> BTreeSet<&str> {
    packages.iter().filter_map(|package| package.split(' ').next()).collect()
}

/// Every `name version` that these features of `triwire` bring into a build, ours left out.
fn packages(features: &[&str]) -> Result<BTreeSet<String>, String> {
    // The target is named so that the list is the same wherever it is made.
    let arguments = ["tree", "-p", "triwire", "-e", "normal,build", "--target", "x86_64-unknown-linux-gnu"];
    let text = output(cargo(&arguments).args(features).args(["--prefix", "none", "--no-dedupe", "--format", "{p}"]))?;
    let named = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    });
    Ok(named.filter(|package| !package.starts_with("triwire")).collect())
}

/// The names in the first column of the chapter's tables.
fn listed(chapter: &str) -> BTreeSet<&str> {
    chapter.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_with_something_of_the_server_or_unnamed_is_told() {
        let tree = |names: &[&str]| names.iter().map(|name| format!("{name} v1")).collect::<BTreeSet<String>>();
        let chapter = "`syn`, `hyper`, `axum`";
        assert_eq!(client(&tree(&["syn", "hyper"]), chapter), Ok(()));
        assert!(client(&tree(&["syn", "axum"]), chapter).expect_err("a server").contains("axum"));
        assert!(client(&tree(&["syn", "ring"]), chapter).expect_err("unnamed").contains("ring"));
        assert!(client(&tree(&["hyper"]), chapter).is_err(), "no syn");
    }

    #[test]
    fn the_list_is_the_first_column_of_the_tables() {
        let chapter =
            "# Title\n\n| package | why |\n|---|---|\n| `bytes` | shared bytes of `axum` |\n| `axum` | routes |\n\n`syn` in prose\n";
        assert_eq!(listed(chapter), BTreeSet::from(["axum", "bytes"]));
    }
}
