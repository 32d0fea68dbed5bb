//! `cargo triwire`: the contracts of a crate's enums, by one line in it: `triwire::contract!(ChatEvent);`.
#![allow(clippy::print_stdout, reason = "a program of the command line talks to the one who runs it")]

mod contract;
mod enums;
mod lock;

use std::process::ExitCode;

const HELP: &str = "\
The contract of a triwire hub. It reads enums of a crate that has the line `triwire::contract!(ChatEvent);` beside them.

cargo triwire contract                  prints the documents of each enum, as one JSON object
cargo triwire contract --out FOLDER     writes FOLDER/ChatEvent/schema.json, asyncapi.json and openapi.json
cargo triwire ts --out FOLDER           writes FOLDER/ChatEvent.js and ChatEvent.d.ts, the typed client on top of the npm package `triwire`
cargo triwire check [--lock FILE]       holds that the contract is the one in contract.lock.json; TRIWIRE_BLESS=1 writes what is
                                        compatible, TRIWIRE_BLESS=breaking what is not
cargo triwire diff OLD NEW              what changed between two locks, or schema.json, and whether it breaks clients

All other words are cargo's own, as after `cargo test`: `-p chat`, `--features tickets`, `--manifest-path …`";

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    // Called by cargo, it is told its own name first.
    if words.first().is_some_and(|word| word == "triwire") {
        words.remove(0);
    }
    let outcome = match words.split_first() {
        None => Err(HELP.to_owned()),
        Some((word, _)) if ["help", "--help", "-h"].contains(&word.as_str()) => {
            println!("{HELP}");
            Ok(())
        }
        Some((word, rest)) if word == "contract" => contract::run(rest),
        Some((word, rest)) if word == "ts" => contract::ts(rest),
        Some((word, rest)) if word == "check" => lock::check(rest),
        Some((word, rest)) if word == "diff" => lock::diff(rest),
        Some((word, _)) => Err(format!("`{word}` is no word of `cargo triwire`\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
