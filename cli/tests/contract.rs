//! The program as one runs it, on the examples of this repository.

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

fn run(words: &[&str]) -> Output {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of the repository").join("examples");
    Command::new(env!("CARGO_BIN_EXE_cargo-triwire")).args(words).current_dir(examples).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn the_documents_of_a_programs_enum_are_written_and_printed_the_same_each_time() {
    let folder = env::temp_dir().join(format!("cargo-triwire-test-{}", std::process::id()));
    let out = folder.to_str().expect("UTF-8");
    // As cargo calls it, with its own name first.
    let written = run(&["triwire", "contract", "--bin", "chat", "--out", out]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let printed = run(&["contract", "--bin", "chat"]);
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    for document in ["schema", "asyncapi", "openapi"] {
        let path = folder.join("ChatEvent").join(document).with_extension("json");
        let file = fs::read_to_string(&path).expect("it was written");
        assert!(text(&written.stdout).contains(path.to_str().expect("UTF-8")), "it says what it wrote");
        assert!(text(&printed.stdout).contains(&format!("\"{document}\": {}", file.trim_end())), "{document}");
        assert!(file.contains("Somebody said something."));
    }
    fs::remove_dir_all(&folder).expect("it is there");
}

#[test]
fn the_client_of_a_programs_enum_is_written_with_its_types() {
    let folder = env::temp_dir().join(format!("cargo-triwire-ts-{}", std::process::id()));
    let written = run(&["ts", "--bin", "chat", "--out", folder.to_str().expect("UTF-8")]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let module = fs::read_to_string(folder.join("ChatEvent.js")).expect("it was written");
    assert!(module.contains("from \"triwire\";") && module.contains("say: (fields, options) => client.send({ say: fields }, options),"));
    let types = fs::read_to_string(folder.join("ChatEvent.d.ts")).expect("it was written");
    assert!(types.contains("room(parameters: { room: string }): `room:${string}`;"), "{types}");
    fs::remove_dir_all(&folder).expect("it is there");
    let without = run(&["ts", "--bin", "chat"]);
    assert!(text(&without.stderr).contains("--out"), "{}", text(&without.stderr));
}

#[test]
fn a_crate_without_the_line_is_told_to_write_it() {
    let output = run(&["contract", "--lib"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("triwire::contract!(ChatEvent);"), "{}", text(&output.stderr));
}

#[test]
fn an_unknown_word_is_named() {
    let output = run(&["contrakt"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("`contrakt`"));
}
