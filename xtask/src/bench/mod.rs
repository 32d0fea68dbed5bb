//! `cargo xtask bench NAME`: what is measured, never a part of the tests.

pub(crate) mod derive;

use crate::install;
use crate::shell::{cargo, command, root, run, target};

/// Builds the runner and the contestants as users build, and measures. Who cannot be installed is absent from the tables, which say so.
pub(crate) fn measure(words: &[&str]) -> Result<(), String> {
    let packages = run(command("npm", &["ci", "--no-audit", "--no-fund"]).current_dir(root().join("bench/peers")));
    let modules = install::nchan();
    [packages, modules].into_iter().filter_map(Result::err).for_each(|error| println!("   goes on without: {error}"));
    let mut build = cargo(&["build", "--release", "-p", "triwire-bench", "--bins"]);
    let mut target = target();
    if words.contains(&"--profile") {
        // A profile needs frames that can be walked; apart, so that the measured programs are never those.
        target = target.join("profiled");
        build.env("CARGO_TARGET_DIR", &target).env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only");
        build.env("RUSTFLAGS", "-C force-frame-pointers=yes");
    }
    run(&mut build)?;
    run(&mut command(&target.join("release/run").display().to_string(), words))
}
