//! Does the law notice? Each patch of `tests/faults` breaks a copy of the code in one way; the law must fail there, or the test
//! that the patch names.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{cargo, command, output, root, target, typed};
use crate::steps::in_words;

const PATCHES: &str = "tests/faults";
/// The law ends by itself in a minute or two; what hangs longer than this did not fail, so it was not caught.
const PATIENCE: Duration = Duration::from_secs(600);

/// How one fault went.
struct Verdict {
    name: String,
    caught: bool,
    remark: String,
}

/// Applies the named patches, or all, one after the other.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let patches = patches(names)?;
    let tree = root().join("target/faults/tree");
    copy(&tree)?;
    // A law that fails anyhow would seem to catch everything.
    println!("== none: the code as it is keeps the law");
    let (kept, remark) = Test::named("").passes(&tree, "none")?;
    if !kept {
        return Err(format!("the law fails without any fault: {remark}"));
    }
    let mut verdicts = Vec::new();
    for patch in &patches {
        let name = patch.file_stem().expect("a patch has a name").display().to_string();
        println!("== {name}");
        let (caught, remark) = break_and_try(&tree, patch, &name).unwrap_or_else(|error| (false, error));
        verdicts.push(Verdict { name, caught, remark });
    }
    report(&verdicts)
}

fn patches(names: &[&str]) -> Result<Vec<PathBuf>, String> {
    let folder = fs::read_dir(root().join(PATCHES)).map_err(|error| format!("{PATCHES}: {error}"))?;
    let mut patches: Vec<PathBuf> =
        folder.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|end| end == "patch")).collect();
    let is_called = |path: &PathBuf, name: &str| path.file_stem().is_some_and(|stem| stem == name);
    if let Some(unknown) = names.iter().find(|name| !patches.iter().any(|path| is_called(path, name))) {
        return Err(format!("there is no {PATCHES}/{unknown}.patch"));
    }
    patches.retain(|path| names.is_empty() || names.iter().any(|name| is_called(path, name)));
    patches.sort();
    Ok(patches)
}

/// The tree as it is now, committed or not. A file that is the same already is left alone: cargo goes by times, and
/// would compile everything again.
fn copy(tree: &Path) -> Result<(), String> {
    let listed = output(&mut command("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let files: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty() && root().join(path).is_file()).collect();
    for path in &files {
        let wanted = fs::read(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
        let place = tree.join(path);
        if fs::read(&place).is_ok_and(|there| there == wanted) {
            continue;
        }
        let folder = place.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).and_then(|()| fs::write(&place, wanted)).map_err(|error| format!("{}: {error}", place.display()))?;
    }
    Ok(())
}

fn break_and_try(tree: &Path, patch: &Path, name: &str) -> Result<(bool, String), String> {
    let text = fs::read_to_string(patch).map_err(|error| error.to_string())?;
    let patch = patch.display().to_string();
    // Without the ceiling git takes the copy for a folder of ours, and skips every path of the patch in silence.
    let apply = |direction: &[&str]| {
        let mut git = Command::new("git");
        git.arg("apply").args(direction).arg(&patch).current_dir(tree).env("GIT_CEILING_DIRECTORIES", root().join("target/faults"));
        output(&mut git).map_err(|error| format!("does not apply: {error}"))
    };
    apply(&[])?;
    let outcome = Test::named(&text).passes(tree, name);
    apply(&["--reverse"])?;
    let (passed, remark) = outcome?;
    Ok((!passed, remark))
}

/// What is to notice a fault.
struct Test<'a> {
    package: &'a str,
    /// One of its tests by name, or `lib` for those inside it.
    target: &'a str,
    filters: Vec<&'a str>,
}

const LAW: &str = "triwire-tests law";

impl<'a> Test<'a> {
    /// What the patch says before its first change, `caught by: PACKAGE TARGET [FILTER…]`; else the law over real sockets.
    fn named(patch: &'a str) -> Self {
        let mut head = patch.lines().take_while(|line| !line.starts_with("diff "));
        let named = head.find_map(|line| line.strip_prefix("caught by: ")).unwrap_or(LAW);
        let mut words = named.split_whitespace();
        let (package, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Self { package, target, filters: words.collect() }
    }

    fn build(&self) -> Command {
        let mut cargo = cargo(&["test", "-p", self.package]);
        if self.target == "lib" {
            cargo.arg("--lib")
        } else {
            cargo.args(["--test", self.target])
        };
        cargo.args(["--no-run", "--message-format", "json"]);
        cargo
    }

    /// Whether it passes in that tree, and a remark.
    fn passes(&self, tree: &Path, name: &str) -> Result<(bool, String), String> {
        let mut build = self.build();
        // Cargo knows a package by its place in the workspace: in the ordinary folder it would take what is broken here for the
        // code as it is, and every test after this would run it.
        build.current_dir(tree).env("CARGO_TARGET_DIR", target().join("faults/target"));
        // Apart from the run, since a fault that does not compile was not caught by a test.
        let messages = output(&mut build).map_err(|error| format!("does not compile: {error}"))?;
        let program = executable(&messages).ok_or("cargo built no such test")?;
        let log = root().join(format!("target/faults/{name}.log"));
        let begun = Instant::now();
        // Not by way of cargo, which one cannot end together with what it started.
        let ended = ends(Command::new(program).args(&self.filters).current_dir(tree.join("tests")), &log)?;
        let took = in_words(begun.elapsed());
        let shown = log.strip_prefix(root()).unwrap_or(&log).display();
        Ok(match ended {
            Some(passed) => (passed, format!("{} {}, {took}, {shown}", self.package, self.target)),
            None => (true, format!("still running after {took}, {shown}")),
        })
    }
}

/// The test that cargo says it made, read without a JSON parser: a path with a quote in it is not for us. Beside a test cargo makes the
/// programs of its package, in whatever order.
fn executable(messages: &str) -> Option<&str> {
    let tests = messages.lines().filter(|line| [r#""kind":["test"]"#, r#""kind":["lib"]"#].iter().any(|kind| line.contains(kind)));
    tests.rev().find_map(|line| line.split_once(r#""executable":""#)?.1.split('"').next())
}

/// Whether it ends well, or none where it does not end.
fn ends(command: &mut Command, log: &Path) -> Result<Option<bool>, String> {
    let open = || File::options().create(true).append(true).open(log).map_err(|error| format!("{}: {error}", log.display()));
    fs::remove_file(log).ok();
    println!("   $ {}", typed(command));
    let mut child =
        command.stdin(Stdio::null()).stdout(open()?).stderr(open()?).spawn().map_err(|error| format!("the law did not start: {error}"))?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(Some(status.success()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().map_err(|error| error.to_string())?;
    child.wait().map_err(|error| error.to_string())?;
    Ok(None)
}

fn report(verdicts: &[Verdict]) -> Result<(), String> {
    let width = verdicts.iter().map(|verdict| verdict.name.len()).max().unwrap_or(0);
    println!();
    for verdict in verdicts {
        let word = if verdict.caught { "caught" } else { "MISSED" };
        println!("{:width$}  {word}  {}", verdict.name, verdict.remark);
    }
    let failed = verdicts.iter().filter(|verdict| !verdict.caught).count();
    let counts = format!("{} passed, {failed} failed", verdicts.len() - failed);
    if failed == 0 {
        println!("{counts}");
        return Ok(());
    }
    Err(format!("a fault that no test notices is a promise that nothing holds\n{counts}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_names_its_test_or_is_the_laws() {
        let named = Test::named("Why.\ncaught by: triwire lib order\n\ndiff --git a b\n caught by: x y\n");
        assert_eq!((named.package, named.target, named.filters), ("triwire", "lib", vec!["order"]));
        let named = Test::named("diff --git a b\n");
        assert_eq!((named.package, named.target, named.filters.len()), ("triwire-tests", "law", 0));
    }

    #[test]
    fn the_test_is_found_among_what_cargo_says() {
        let made = |kind: &str, program: &str| format!(r#"{{"target":{{"kind":["{kind}"]}},"executable":{program},"fresh":true}}"#);
        let (law, echo) = (made("test", r#""/a/law-1""#), made("bin", r#""/a/echo""#));
        // A program of the package may be named before its test or after it.
        for messages in [[&*law, &echo], [&echo, &law]] {
            assert_eq!(executable(&messages.join("\n")), Some("/a/law-1"));
        }
        assert_eq!(executable(&made("lib", r#""/a/triwire-1""#)), Some("/a/triwire-1"));
        assert_eq!(executable(&made("test", "null")), None);
    }
}
