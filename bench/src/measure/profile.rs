//! Where a contestant's processor time goes: `perf` beside the slices, drawn as a flame graph.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use inferno::collapse::Collapse as _;
use inferno::collapse::perf::{Folder, Options};
use inferno::flamegraph;
use rustix::process::{Pid, Signal, kill_process};

/// Samples a second: not a divisor of what else happens in a second.
const HERTZ: &str = "1999";

/// A `perf record` that runs.
pub(super) struct Profile {
    perf: Child,
    /// Without its ending.
    file: PathBuf,
}

impl Profile {
    /// Begins to sample this process and its threads.
    pub(super) fn begin(process: u32, folder: &Path, name: &str) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let file = folder.join(name);
        let mut perf = Command::new("perf");
        perf.args(["record", "--quiet", "-F", HERTZ, "-g", "-p", &process.to_string(), "-o"]).arg(file.with_extension("perf"));
        let perf = perf.stdout(Stdio::null()).spawn().map_err(|error| format!("no profile: `perf` does not start: {error}"))?;
        Ok(Self { perf, file })
    }

    /// Ends it and draws; returns what there is to say of it.
    pub(super) fn end(mut self) -> Result<String, String> {
        Pid::from_raw(self.perf.id().cast_signed()).map(|pid| kill_process(pid, Signal::INT));
        self.perf.wait().map_err(|error| error.to_string())?;
        self.draw().map_err(|error| format!("no profile: {error}"))
    }

    fn draw(&self) -> Result<String, Box<dyn std::error::Error>> {
        let [samples, script, folded, picture] = ["perf", "script", "folded", "svg"].map(|end| self.file.with_extension(end));
        let told =
            Command::new("perf").args(["script", "-i"]).arg(&samples).stdout(File::create(&script)?).stderr(Stdio::null()).status()?;
        if !told.success() {
            return Err(format!("`perf script` ended with {told}").into());
        }
        Folder::from(Options::default()).collapse_file(Some(&script), BufWriter::new(File::create(&folded)?))?;
        let mut options = flamegraph::Options::default();
        let name = self.file.file_name().map(|name| name.display().to_string()).unwrap_or_default();
        options.title.clone_from(&name);
        // A picture in a page runs no script, and without one its names are written into it.
        options.no_javascript = true;
        flamegraph::from_reader(&mut options, BufReader::new(File::open(&folded)?), BufWriter::new(File::create(&picture)?))?;
        for between in [samples, script, folded] {
            fs::remove_file(between)?;
        }
        Ok(format!("Sampled meanwhile: {name}.svg."))
    }
}
