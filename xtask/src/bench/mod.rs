//! `cargo xtask bench NAME`: what is measured, never a part of the tests.

pub(crate) mod derive;

use crate::install;
use crate::shell::{cargo, command, root, run, target};

/// Builds the runner and the contestants as users build, and measures. Who cannot be installed is absent from the tables, which say so.
pub(crate) fn measure(words: &[&str]) -> Result<(), String> {
    let packages = run(command("npm", &["ci", "--no-audit", "--no-fund"]).current_dir(root().join("bench/peers")));
    let modules = install::nchan();
    [packages, modules].into_iter().filter_map(Result::err).for_each(|error| println!("   goes on without: {error}"));
    run(&mut cargo(&["build", "--release", "-p", "triwire-bench", "--bins"]))?;
    let runner = target().join("release/run").display().to_string();
    run(&mut command(&runner, words))
}
