//! What the derive costs: `cargo check` of an enum of fifty variants, with `Realtime` and without.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::shell::{cargo, output, root};

const VARIANTS: usize = 50;
/// Odd, so that the median is a measurement; enough that one disturbed run does not move it.
const ROUNDS: usize = 9;

/// Reads what stands after `--max`.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("`{text}` is no ratio: write one like 1.15"))
}

/// Checks both crates in turns and prints the medians; an error where the ratio is above `most`.
pub(crate) fn derive(most: Option<f64>) -> Result<(), String> {
    let folder = root().join("target/bench-derive");
    let plain = prepare(&folder, "plain")?;
    let realtime = prepare(&folder, "realtime")?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // In turns: what else the machine does then falls on both alike.
        without.push(check(&plain)?);
        with.push(check(&realtime)?);
    }
    let (without, with) = (Sample::of(without), Sample::of(with));
    let ratio = with.median.as_secs_f64() / without.median.as_secs_f64();
    println!("`cargo check` of an enum of {VARIANTS} variants, {ROUNDS} times each, in turns");
    println!("   Serialize, Deserialize, JsonSchema   {}", without.in_words());
    println!("   the same and Realtime                {}", with.in_words());
    println!("   ratio of the medians                 {ratio:.3}");
    match most {
        Some(most) if ratio > most => Err(format!("the derive costs {ratio:.3} times the same enum without it; the most is {most}")),
        _ => Ok(()),
    }
}

/// Writes the crate and builds what it depends on, so that a check later is of the enum alone.
fn prepare(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let package = folder.join(name);
    let write = |path: &str, text: &str| fs::write(package.join(path), text).map_err(|error| format!("{path}: {error}"));
    fs::create_dir_all(package.join("src")).map_err(|error| format!("{}: {error}", package.display()))?;
    write("Cargo.toml", &manifest(name))?;
    write("src/lib.rs", &source(name == "realtime"))?;
    // The versions are the project's own, not whatever is newest today.
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    check(&package)?;
    Ok(package)
}

fn manifest(name: &str) -> String {
    let triwire = root().join("runtime").display().to_string();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         schemars = \"1\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\ntriwire = {{ path = {triwire:?} }}\n"
    )
}

/// The same enum twice; both crates depend on triwire, so that only the derive differs.
fn source(realtime: bool) -> String {
    let derive = if realtime { "triwire::Realtime, " } else { "" };
    let mut text = format!(
        "//! Fifty events.\n\n#[derive({derive}serde::Serialize, serde::Deserialize, schemars::JsonSchema)]\n\
         #[serde(tag = \"type\", rename_all = \"snake_case\")]\npub enum FiftyEvent {{\n"
    );
    for at in 0..VARIANTS {
        // Ten channels, five variants each: what an application of this size looks like.
        let channel = if realtime { format!("    #[realtime(channel = \"place{}:{{room}}\")]\n", at % 10) } else { String::new() };
        write!(text, "    /// Event {at}.\n{channel}    Event{at} {{ room: String, from: String, number: u64, text: Option<String> }},\n")
            .expect("memory takes text");
    }
    text + "}\n"
}

/// One check after a touch; quiet, since what it prints is not measured work.
fn check(package: &Path) -> Result<Duration, String> {
    let file = fs::File::options().append(true).open(package.join("src/lib.rs")).map_err(|error| error.to_string())?;
    file.set_modified(std::time::SystemTime::now()).map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let target = root().join("target/bench-derive/target");
    output(cargo(&["check", "--quiet", "--offline"]).current_dir(package).env("CARGO_TARGET_DIR", target))?;
    Ok(begun.elapsed())
}

struct Sample {
    median: Duration,
    fastest: Duration,
    slowest: Duration,
}

impl Sample {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { median: times[times.len() / 2], fastest: times[0], slowest: times[times.len() - 1] }
    }

    fn in_words(&self) -> String {
        let milliseconds = |time: Duration| time.as_millis();
        let (median, fastest, slowest) = (milliseconds(self.median), milliseconds(self.fastest), milliseconds(self.slowest));
        format!("median {median} ms, from {fastest} to {slowest} ms")
    }
}
