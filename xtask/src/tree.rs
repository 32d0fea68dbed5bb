//! What a user's build takes in by default: the list in the book is the whole of it, and `syn` is there once.

use std::collections::BTreeSet;

use crate::shell::{cargo, output, read};
use crate::steps::Verdict;

const CHAPTER: &str = "book/src/dependencies.md";

/// Compares the tree with the book's list, and counts syn.
pub(crate) fn step() -> Result<Verdict, String> {
    let packages = packages()?;
    let syn: Vec<&str> = packages.iter().filter(|package| package.starts_with("syn ")).map(String::as_str).collect();
    if syn.len() != 1 {
        return Err(format!("the default tree must have one syn, and has {}: see `cargo tree -p triwire -i syn`", syn.join(", ")));
    }
    let names: BTreeSet<&str> = packages.iter().filter_map(|package| package.split(' ').next()).collect();
    let chapter = read(CHAPTER)?;
    let listed = listed(&chapter);
    let absent: Vec<&str> = names.difference(&listed).copied().collect();
    let stale: Vec<&str> = listed.difference(&names).copied().collect();
    if absent.is_empty() && stale.is_empty() {
        println!("   {} packages, each with its reason in {CHAPTER}", names.len());
        return Ok(Verdict::Passed);
    }
    Err(format!("{CHAPTER} lacks [{}] and lists what is not there: [{}]", absent.join(", "), stale.join(", ")))
}

/// Every `name version` that the default features of `triwire` bring into a build, ours left out.
fn packages() -> Result<BTreeSet<String>, String> {
    // The target is named so that the list is the same wherever it is made.
    let arguments = ["tree", "-p", "triwire", "-e", "normal,build", "--target", "x86_64-unknown-linux-gnu"];
    let text = output(cargo(&arguments).args(["--prefix", "none", "--no-dedupe", "--format", "{p}"]))?;
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
    fn the_list_is_the_first_column_of_the_tables() {
        let chapter =
            "# Title\n\n| package | why |\n|---|---|\n| `bytes` | shared bytes of `axum` |\n| `axum` | routes |\n\n`syn` in prose\n";
        assert_eq!(listed(chapter), BTreeSet::from(["axum", "bytes"]));
    }
}
