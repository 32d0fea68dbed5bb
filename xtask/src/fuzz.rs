//! What no run is too long for: the codec under bytes that nobody meant.

use crate::shell::{cargo, run};

/// Runs it, in release, with its numbers printed; an input that breaks a promise ends it, and is shown.
pub(crate) fn run_it(inputs: &str) -> Result<(), String> {
    let inputs: u64 = inputs.parse().map_err(|_| format!("`{inputs}` is no number of inputs: write digits alone"))?;
    let mut command = cargo(&["test", "-p", "triwire-tests", "--release", "--test", "fuzz", "--", "--nocapture", "any_"]);
    run(command.env("TRIWIRE_FUZZ_INPUTS", inputs.to_string()))
}
