//! Gets at the enums of a crate: runs the tests that `triwire::contract!` stands for, which write what they know.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

/// The name of those tests, and the variable that tells them where to write: the library's `contract!` has the same.
const TEST: &str = "triwire_contract";
const FOLDER: &str = "TRIWIRE_CONTRACT";

/// Cargo's words for some of a crate's targets.
const SELECTIONS: [&str; 8] = ["--lib", "--bins", "--bin", "--tests", "--test", "--examples", "--example", "--all-targets"];

/// The documents of a crate's enums, in a folder that goes with this.
pub(crate) struct Enums {
    folder: PathBuf,
    /// Their names, in order.
    pub(crate) names: Vec<String>,
}

impl Enums {
    /// Builds the crate that cargo finds by these words, and asks it.
    pub(crate) fn of(words: &[String]) -> Result<Self, String> {
        let folder = env::temp_dir().join(format!("cargo-triwire-{}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut enums = Self { folder, names: Vec::new() };
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["test", "--quiet"]).args(words).env(FOLDER, &enums.folder);
        // Not the doc tests, which know no enum, and take long; and no more than was named, which cargo would add up.
        if !words.iter().any(|word| SELECTIONS.contains(&word.split('=').next().unwrap_or_default())) {
            command.arg("--tests");
        }
        command.args(["--", TEST]);
        let output = command.stderr(process::Stdio::inherit()).output().map_err(|error| format!("cargo does not run: {error}"))?;
        if !output.status.success() {
            return Err(format!("{}`cargo test` failed: the contract could not be read", String::from_utf8_lossy(&output.stdout)));
        }
        let entries = fs::read_dir(&enums.folder).map_err(|error| format!("{}: {error}", enums.folder.display()))?;
        enums.names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        enums.names.sort();
        if enums.names.is_empty() {
            return Err("no enum was found: write `triwire::contract!(ChatEvent);` beside yours, with its own name".into());
        }
        Ok(enums)
    }

    /// One of the documents of one of the enums.
    pub(crate) fn document(&self, name: &str, file: &str) -> Result<String, String> {
        let path = self.folder.join(name).join(file);
        fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))
    }
}

impl Drop for Enums {
    fn drop(&mut self) {
        // A folder of temporary files that stays is no harm.
        drop(fs::remove_dir_all(&self.folder));
    }
}

pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
