//! Programs in Python, with the packages that they name.

use crate::shell::{command, run, target};

/// The Python that has what this list names. It will not have packages in the system's own place, so they go into an environment under
/// `target`.
pub(crate) fn with(requirements: &str) -> Result<String, String> {
    let environment = target().join("python");
    let python = environment.join("bin/python");
    if !python.exists() {
        run(command("python3", &["-m", "venv"]).arg(&environment))?;
    }
    let python = python.display().to_string();
    run(&mut command(&python, &["-m", "pip", "install", "--quiet", "-r", requirements]))?;
    Ok(python)
}
