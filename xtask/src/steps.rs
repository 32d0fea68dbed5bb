//! Steps, one after the other: a heading and a duration each, the first failure ends it, the last line sums up.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// One thing that must hold.
pub(crate) struct Step {
    /// What one types to run only this.
    pub(crate) name: &'static str,
    /// What holds when it passes.
    pub(crate) promise: &'static str,
    pub(crate) run: fn() -> Result<Verdict, String>,
}

/// How a step that did not fail went.
pub(crate) enum Verdict {
    Passed,
    /// There was nothing to do, and why.
    Skipped(String),
}

impl From<()> for Verdict {
    fn from((): ()) -> Self {
        Self::Passed
    }
}

/// Runs the steps with these names, or all of them where none is named.
pub(crate) fn run(steps: &[Step], names: &[&str]) -> Result<(), String> {
    if let Some(unknown) = names.iter().find(|name| steps.iter().all(|step| step.name != **name)) {
        return Err(format!("no step is called `{unknown}`: `cargo xtask test --list` names them"));
    }
    let wanted: Vec<&Step> = steps.iter().filter(|step| names.is_empty() || names.contains(&step.name)).collect();
    let begun = Instant::now();
    let mut passed: Vec<(&str, Duration)> = Vec::new();
    let mut skipped: Vec<&str> = Vec::new();
    for step in &wanted {
        println!("== {}: {}", step.name, step.promise);
        let step_begun = Instant::now();
        let outcome = (step.run)();
        let took = step_begun.elapsed();
        match outcome {
            Ok(Verdict::Passed) => {
                println!("   {} passed in {}\n", step.name, in_words(took));
                passed.push((step.name, took));
            }
            Ok(Verdict::Skipped(why)) => {
                println!("   {} skipped: {why}\n", step.name);
                skipped.push(step.name);
            }
            Err(message) => {
                println!("   {} failed after {}: {message}", step.name, in_words(took));
                println!("   to run just this step: cargo xtask test {}\n", step.name);
                let left = wanted.len() - passed.len() - skipped.len() - 1;
                return Err(format!("step `{}` failed; {} passed before it, {left} did not run", step.name, passed.len()));
            }
        }
    }
    println!("{}", summary(&passed, &skipped, begun.elapsed()));
    Ok(())
}

fn summary(passed: &[(&str, Duration)], skipped: &[&str], took: Duration) -> String {
    let mut line = format!("{} {} passed", passed.len(), if passed.len() == 1 { "step" } else { "steps" });
    if !skipped.is_empty() {
        write!(line, ", {} skipped ({})", skipped.len(), skipped.join(", ")).expect("memory takes text");
    }
    let each: Vec<String> = passed.iter().map(|(name, took)| format!("{name} {}", in_words(*took))).collect();
    write!(line, " in {}: {}", in_words(took), each.join(", ")).expect("memory takes text");
    line
}

/// `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn in_words(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSES: Step = Step { name: "passes", promise: "always", run: || Ok(Verdict::Passed) };
    const FAILS: Step = Step { name: "fails", promise: "never", run: || Err("as it must".into()) };

    #[test]
    fn the_first_failure_ends_the_run_and_says_what_did_not_run() {
        let message = run(&[PASSES, FAILS, PASSES], &[]).expect_err("the second step fails");
        assert_eq!(message, "step `fails` failed; 1 passed before it, 1 did not run");
    }

    #[test]
    fn a_named_step_runs_alone_and_an_unknown_name_is_an_error() {
        assert_eq!(run(&[PASSES, FAILS], &["passes"]), Ok(()));
        assert!(run(&[PASSES], &["passed"]).expect_err("there is no such step").contains("`passed`"));
    }

    #[test]
    fn the_last_line_counts_and_times_every_step() {
        let line = summary(&[("fmt", Duration::from_millis(1_234)), ("test", Duration::from_secs(65))], &["loom"], Duration::from_secs(66));
        assert_eq!(line, "2 steps passed, 1 skipped (loom) in 1 min 06 s: fmt 1.2 s, test 1 min 05 s");
    }
}
