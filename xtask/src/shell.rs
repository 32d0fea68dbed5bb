//! Running other programs: each command is shown before it runs, and a failure names it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository").to_owned()
}

/// Where cargo puts what it makes.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command that runs in the repository's root.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = command(&program, arguments);
    // What `cargo run` told us about xtask would be taken for facts about the package that is built next.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
        command.env_remove(name);
    }
    command
}

/// The command as one would type it, with the variables that were set for it.
pub(crate) fn typed(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let variables = command.get_envs().filter_map(|(name, value)| Some(format!("{}={:?}", name.display(), value?.display().to_string())));
    let words = std::iter::once(program).chain(command.get_args()).map(|word| {
        let word = word.display().to_string();
        if word.is_empty() || word.contains([' ', '"', '*']) { format!("'{word}'") } else { word }
    });
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

/// Runs it with our own input and output.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("   $ {}", typed(command));
    let status = command.status().map_err(|error| format!("`{}` did not start: {error}", typed(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", typed(command))) }
}

/// Runs it and returns what it wrote; what it said on stderr is in the error.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("`{}` did not start: {error}", typed(command)))?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|_| format!("`{}` wrote what is no text", typed(command)));
    }
    Err(format!("`{}` ended with {}:\n{}", typed(command), output.status, String::from_utf8_lossy(&output.stderr)))
}

/// Whether the program is there and answers this call.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    command(program, arguments).output().is_ok_and(|output| output.status.success())
}

/// Whether the repository has this file or folder.
pub(crate) fn has(path: &str) -> bool {
    root().join(path).exists()
}

/// Reads one of the repository's files.
pub(crate) fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
}
