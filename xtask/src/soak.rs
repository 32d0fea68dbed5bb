//! What takes too long for every run: a reader that never reads, under load.

use crate::shell::{cargo, run};

/// Runs it, in release, with its numbers printed.
pub(crate) fn run_it() -> Result<(), String> {
    run(&mut cargo(&["test", "-p", "triwire-tests", "--release", "--features", "soak", "--test", "soak", "--", "--nocapture"]))
}
