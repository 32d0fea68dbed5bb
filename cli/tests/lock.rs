//! A lock from its first day to its second version, and two locks side by side.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

fn run(words: &[&str], bless: &str) -> Output {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of the repository").join("examples");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-triwire"));
    command.args(words).env("TRIWIRE_BLESS", bless).current_dir(examples).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn folder() -> PathBuf {
    let folder = env::temp_dir().join(format!("cargo-triwire-lock-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn a_lock_is_begun_held_and_broken_by_the_word_for_it() {
    let folder = folder();
    let (lock, before) = (folder.join("contract.lock.json"), folder.join("before.lock.json"));
    let path = lock.to_str().expect("UTF-8");
    let check = |bless| run(&["triwire", "check", "--bin", "chat", "--lock", path], bless);

    let missing = check("");
    assert!(
        !missing.status.success() && text(&missing.stderr).contains("TRIWIRE_BLESS=1 cargo triwire check"),
        "{}",
        text(&missing.stderr)
    );
    assert!(text(&check("1").stdout).contains("version 1"));
    assert!(check("").status.success(), "it is the one agreed on");

    // As if the example's enum had lost the fields of a variant since.
    let agreed = fs::read_to_string(&lock).expect("a lock");
    fs::copy(&lock, &before).expect("a copy");
    let mut other: serde_json::Value = serde_json::from_str(&agreed).expect("JSON");
    let message = &mut other["contract"]["$defs"]["ChatEventMessage"];
    message["properties"]["colour"] = serde_json::json!({ "type": "string" });
    message["required"].as_array_mut().expect("a list").push("colour".into());
    fs::write(&lock, other.to_string()).expect("it is written");
    let broken = check("1");
    assert!(!broken.status.success());
    assert!(
        text(&broken.stderr).contains("breaking    event `message`, field `colour`: required field removed"),
        "{}",
        text(&broken.stderr)
    );
    let diff = |old: &Path, new: &Path| run(&["diff", old.to_str().expect("UTF-8"), new.to_str().expect("UTF-8")], "");
    assert!(!diff(&lock, &before).status.success());
    assert!(text(&diff(&lock, &before).stdout).contains("1 breaking, 0 compatible"));
    assert!(diff(&before, &lock).status.success(), "a field that is added breaks nobody");
    assert_eq!(text(&diff(&before, &before).stdout), "no change\n");
    assert!(text(&check("breaking").stdout).contains("version 2"));
    fs::remove_dir_all(&folder).expect("it is there");
}
