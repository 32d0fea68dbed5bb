//! `cargo xtask bench NAME`: what is measured, never a part of the tests.

pub(crate) mod derive;

use crate::shell::{cargo, command, run, target};

/// Builds the runner and the contestants as users build, and measures.
pub(crate) fn measure(words: &[&str]) -> Result<(), String> {
    run(&mut cargo(&["build", "--release", "-p", "triwire-bench", "--bins"]))?;
    let runner = target().join("release/run").display().to_string();
    run(&mut command(&runner, words))
}
