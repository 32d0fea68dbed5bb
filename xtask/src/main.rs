//! Every chore of the project; `cargo xtask` names them. No dependencies, so that it runs before anything is built.
#![allow(clippy::print_stdout, reason = "a chore talks to the one who runs it")]

mod autobahn;
mod bench;
mod book;
mod contract;
mod faults;
mod fuzz;
mod install;
mod python;
mod shell;
mod soak;
mod steps;
mod test;
mod tree;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test [STEP…]              everything that must hold, or only the named steps
cargo xtask test --list               the steps
cargo xtask book                      builds the book into book/out
cargo xtask contract                  writes the documents of the chat into the book, once the reference parsers have found them valid
cargo xtask faults [NAME…]            breaks a copy of the code on purpose, and expects the law to notice
cargo xtask autobahn                  all of Autobahn's cases against the WebSocket codec; `test autobahn` leaves out the longest
cargo xtask fuzz [--inputs N]         the WebSocket codec under mutated bytes, 10 million where N is not said
cargo xtask soak                      a reader that never reads, for a minute under load
cargo xtask bench derive [--max R]    what the derive adds to `cargo check`; with --max, fails above that ratio
cargo xtask bench WORKLOAD [OPTION…]  what a server costs, beside others; `--help` names the options";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        ["test", steps @ ..] => test::run(steps),
        ["book"] => book::build(),
        ["contract"] => contract::write(),
        ["faults", names @ ..] => faults::run(names),
        ["autobahn"] => autobahn::all(),
        ["fuzz"] => fuzz::run_it("10000000"),
        ["fuzz", "--inputs", inputs] => fuzz::run_it(inputs),
        ["soak"] => soak::run_it(),
        ["bench", "derive"] => bench::derive::derive(None),
        ["bench", "derive", "--max", ratio] => bench::derive::ratio(ratio).and_then(|ratio| bench::derive::derive(Some(ratio))),
        ["bench", words @ ..] => bench::measure(words),
        _ => Err(format!("no chore is called `{}`\n\n{HELP}", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
