//! `cargo xtask test`: everything that must hold, in the order in which a mistake is cheapest to find.

use std::path::Path;

use crate::shell::{cargo, command, has, root, target};
use crate::steps::{Step, Verdict};
use crate::{autobahn, book, contract, install, python, steps, tree};

const STEPS: &[Step] = &[
    Step { name: "install", promise: "the programs that the tests start are there", run: install::step },
    Step { name: "fmt", promise: "the code is formatted", run: fmt },
    Step { name: "clippy", promise: "no lint speaks", run: clippy },
    Step { name: "build", promise: "the workspace and its examples build", run: build },
    Step { name: "test", promise: "every test in Rust passes", run: test },
    Step { name: "loom", promise: "the wake path holds in every order of its threads", run: loom },
    Step { name: "doctest", promise: "the code in the README, the API and the book compiles and runs", run: doctest },
    Step { name: "doc", promise: "the API's pages build without a warning", run: doc },
    Step { name: "deps", promise: "the dependencies are those the book lists, with one syn", run: tree::step },
    Step { name: "contract", promise: "the documents of the examples are valid by the reference parsers", run: contract::step },
    Step { name: "clients", promise: "clients in Python that others wrote are served", run: clients },
    Step { name: "autobahn", promise: "the WebSocket codec is what Autobahn's cases expect", run: autobahn::step },
    Step { name: "browser", promise: "the pages work in Chromium", run: browser },
    Step { name: "client", promise: "the browser client holds the law, in a model, in Node and in Chromium", run: client },
    Step { name: "book", promise: "the book builds", run: book::step },
];

/// Runs the named steps, or all.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    if names == ["--list"] {
        STEPS.iter().for_each(|step| println!("{:8} {}", step.name, step.promise));
        return Ok(());
    }
    steps::run(STEPS, names)
}

fn passes(arguments: &[&str]) -> Result<Verdict, String> {
    run_all(&mut cargo(arguments))
}

fn run_all(command: &mut std::process::Command) -> Result<Verdict, String> {
    crate::shell::run(command).map(Verdict::from)
}

fn fmt() -> Result<Verdict, String> {
    passes(&["fmt", "--all", "--check"])
}

/// The tests turn features on, and so does the whole workspace with them: the crate by itself has them off, and may have none.
fn clippy() -> Result<Verdict, String> {
    for features in ["", "server", "client", "client-rustls"] {
        passes(&["clippy", "-p", "triwire", "--no-default-features", "--features", features, "--", "-D", "warnings"])?;
    }
    passes(&["clippy", "-p", "triwire", "--all-targets", "--", "-D", "warnings"])?;
    passes(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn build() -> Result<Verdict, String> {
    passes(&["build", "--workspace", "--all-targets"])
}

/// The tests of the schema run a generator of TypeScript; without it they would skip.
fn test() -> Result<Verdict, String> {
    packages(&root().join("tests/schema"))?;
    passes(&["test", "--workspace", "--lib", "--bins", "--tests"])
}

fn doctest() -> Result<Verdict, String> {
    passes(&["test", "--workspace", "--doc"])
}

fn doc() -> Result<Verdict, String> {
    run_all(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// In a target directory of its own, since its flag compiles every dependency anew; in release, since loom runs each test thousands of times.
fn loom() -> Result<Verdict, String> {
    let mut command = cargo(&["test", "-p", "triwire", "--lib", "--release", "loom"]);
    run_all(command.env("RUSTFLAGS", "--cfg triwire_loom").env("CARGO_TARGET_DIR", target().join("loom")))
}

/// Installs what a folder's lock file says, and nothing newer.
pub(crate) fn packages(folder: &Path) -> Result<(), String> {
    crate::shell::run(command("npm", &["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

fn browser() -> Result<Verdict, String> {
    let folder = root().join("tests/browser");
    if !folder.join("package.json").exists() {
        return Ok(Verdict::Skipped("there is no tests/browser/package.json".into()));
    }
    examples()?;
    packages(&folder)?;
    run_all(command("node", &["--test"]).current_dir(&folder).env(EXAMPLES, target().join("debug")))
}

/// What npm publishes, with its types, size and tests: `TRIWIRE_FAULTS` is for how many seconds its worst one goes on, 60 by default.
fn client() -> Result<Verdict, String> {
    let folder = root().join("clients");
    examples()?;
    packages(&folder)?;
    run_all(command("npm", &["test"]).current_dir(&folder).env(EXAMPLES, target().join("debug")))
}

/// The variable by which the clients find the programs they talk to.
const EXAMPLES: &str = "TRIWIRE_BIN";

/// Those programs: a step that is run alone must not test old ones. With all that a client may agree to.
fn examples() -> Result<Verdict, String> {
    passes(&["build", "-p", "triwire-examples", "--bins", "--features", "triwire/deflate"])
}

fn clients() -> Result<Verdict, String> {
    if !has("tests/clients/requirements.txt") {
        return Ok(Verdict::Skipped("there is no tests/clients/requirements.txt".into()));
    }
    let python = python::with("tests/clients/requirements.txt")?;
    run_all(command(&python, &["-m", "unittest", "discover", "-s", "tests/clients"]).env(EXAMPLES, target().join("debug")))
}
