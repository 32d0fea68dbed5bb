//! The contracts of the examples: valid by the reference parsers, and shown in the book as they are.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::shell::{cargo, command, output, root, run, target};
use crate::steps::Verdict;
use crate::test;

/// The enum that the book shows, and where.
const SHOWN: &str = "ChatEvent";
const BOOK: &str = "book/src/contract";

/// Writes the book's part anew.
pub(crate) fn write() -> Result<(), String> {
    for (name, text) in made()? {
        let path = root().join(BOOK).join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// The documents are valid, and the book has those of now.
pub(crate) fn step() -> Result<Verdict, String> {
    for (name, text) in made()? {
        let path = root().join(BOOK).join(name);
        if fs::read_to_string(&path).ok() != Some(text) {
            return Err(format!("{BOOK}/{name} is of another contract: write it anew by `cargo xtask contract`"));
        }
    }
    Ok(Verdict::Passed)
}

/// The files of the book, each by its name, of documents that were found valid.
fn made() -> Result<Vec<(&'static str, String)>, String> {
    test::packages(&root().join("tests/schema"))?;
    run(&mut cargo(&["build", "--quiet", "-p", "cargo-triwire"]))?;
    let program = target().join("debug/cargo-triwire").display().to_string();
    let folder = target().join("contract");
    let printed = folder.with_extension("json");
    let all = ["contract", "-p", "triwire-examples", "--bins"];
    fs::write(&printed, output(&mut command(&program, &all))?).map_err(|error| format!("{}: {error}", printed.display()))?;
    run(&mut node(&["validate.mjs"], &printed)?)?;
    let mut made = vec![("chat.md", output(&mut node(&["render.mjs", SHOWN], &printed)?)?)];
    run(command(&program, &all).arg("--out").arg(&folder))?;
    for name in ["schema.json", "asyncapi.json", "openapi.json"] {
        let path = folder.join(SHOWN).join(name);
        made.push((name, fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?));
    }
    Ok(made)
}

/// A script of the schema's tests, which reads this file.
fn node(words: &[&str], input: &Path) -> Result<Command, String> {
    let file = File::open(input).map_err(|error| format!("{}: {error}", input.display()))?;
    let mut node = command("node", words);
    node.current_dir(root().join("tests/schema")).stdin(Stdio::from(file));
    Ok(node)
}
