//! The book, from `book/src` to `book/out`.

use crate::shell::{answers, cargo, command, root, run};
use crate::steps::Verdict;

/// The release we write for; it takes a minute and a half to compile on two cores, once.
const MDBOOK: &str = "0.5.4";

/// Builds the book, and mdBook first where it is missing.
pub(crate) fn build() -> Result<(), String> {
    let tools = root().join("target/tools");
    let mdbook = tools.join("bin/mdbook").display().to_string();
    if !answers(&mdbook, &["--version"]) {
        let arguments = ["install", "mdbook", "--version", MDBOOK, "--locked", "--no-default-features", "--root"];
        // Without a target directory of its own it would compile into ours, and leave half a gigabyte there.
        run(cargo(&arguments).arg(&tools).env_remove("CARGO_TARGET_DIR"))?;
    }
    run(&mut command(&mdbook, &["build", "book"]))
}

/// The same, as a step.
pub(crate) fn step() -> Result<Verdict, String> {
    build().map(Verdict::from)
}
