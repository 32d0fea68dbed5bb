//! `cargo xtask bench WORKLOAD`: measures, and prints the tables.
#![expect(clippy::print_stdout, reason = "the tables are for who runs it")]

use std::process::ExitCode;

use triwire_bench::measure;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (workload, options) = match words.split_first() {
        Some((workload, options)) if !workload.starts_with("--") => (workload, options),
        _ => {
            println!("cargo xtask bench WORKLOAD [OPTION…]\n\n{}", measure::HELP);
            return ExitCode::SUCCESS;
        }
    };
    match measure::run(workload, options) {
        Ok(report) => {
            println!("\n{}", report.markdown());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
