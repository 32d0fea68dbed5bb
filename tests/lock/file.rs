//! The lock file: when it is written, and what is told when it is not.

#![allow(dead_code, reason = "only the contracts of these enums are looked at")]

use std::path::{Path, PathBuf};
use std::{env, fs, panic, process};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use triwire::lock::{self, Bless, Checked, Lock};
use triwire::{Hub, Realtime};

/// What happens in a chat.
#[derive(Realtime, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(commands = ChatCommand)]
enum ChatEvent {
    /// Somebody said something.
    #[realtime(channel = "room:{room}")]
    Message { room: String, from: String, text: String },
    #[realtime(channel = "room:{room}")]
    Left { room: String, from: String },
    #[realtime(channel = "lobby")]
    Notice { text: String, until: Option<u32> },
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ChatCommand {
    Say { room: String, text: String },
}

/// The same a year later.
mod later {
    use super::{Deserialize, JsonSchema, Realtime, Serialize};

    /// What happens in a chat.
    #[derive(Realtime, Serialize, JsonSchema)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[realtime(commands = ChatCommand)]
    pub(super) enum ChatEvent {
        /// Somebody said something, in words or in pictures.
        #[realtime(channel = "rooms/{room}")]
        Message { room: String, from: Author, text: Option<String> },
        #[realtime(channel = "rooms/{room}", volatile)]
        Left { room: String, from: Author },
        #[realtime(channel = "lobby")]
        Notice { text: String },
        #[realtime(channel = "lobby")]
        Pinned { text: String },
    }

    #[derive(Serialize, JsonSchema)]
    pub(super) struct Author {
        name: String,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "type", rename_all = "snake_case")]
    pub(super) enum ChatCommand {
        Say { room: String, text: String, nonce: u64 },
        Leave { room: String },
    }
}

/// The same with one more variant.
mod more {
    use super::{ChatCommand, JsonSchema, Realtime, Serialize};

    /// What happens in a chat.
    #[derive(Realtime, Serialize, JsonSchema)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[realtime(commands = ChatCommand)]
    pub(super) enum ChatEvent {
        /// Somebody said something.
        #[realtime(channel = "room:{room}")]
        Message { room: String, from: String, text: String },
        #[realtime(channel = "room:{room}")]
        Left { room: String, from: String },
        #[realtime(channel = "lobby")]
        Notice { text: String, until: Option<u32> },
        #[realtime(channel = "lobby")]
        Pinned { text: String },
    }
}

fn now() -> Value {
    Hub::<ChatEvent>::contract().schema
}

fn check(contract: &Value, path: &Path, bless: Bless) -> Result<Checked, String> {
    lock::check(contract, path, bless, "cargo test")
}

fn with_more() -> Value {
    Hub::<more::ChatEvent>::contract().schema
}

fn later() -> Value {
    Hub::<later::ChatEvent>::contract().schema
}

/// A folder that goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("triwire-lock-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn lock(&self) -> PathBuf {
        self.0.join("contract.lock.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_contract_without_a_lock_is_told_to_begin_one_and_does_when_blessed() {
    let folder = Folder::new("first");
    let fault = check(&now(), &folder.lock(), Bless::Nothing).expect_err("there is none");
    assert!(fault.contains("`ChatEvent`") && fault.contains("TRIWIRE_BLESS=1 cargo test"), "{fault}");
    assert!(!folder.lock().exists(), "nothing is written by a test that was not asked to");
    assert_eq!(check(&now(), &folder.lock(), Bless::Compatible), Ok(Checked::Written(1)));
    assert_eq!(check(&now(), &folder.lock(), Bless::Nothing), Ok(Checked::Same));
    assert_eq!(check(&now(), &folder.lock(), Bless::Compatible), Ok(Checked::Same));
    let lock = Lock::read(&fs::read_to_string(folder.lock()).expect("it was written")).expect("a lock");
    assert_eq!(lock, Lock { version: 1, contract: now() });
}

#[test]
fn what_is_compatible_is_a_fault_until_it_is_blessed_and_keeps_the_version() {
    let folder = Folder::new("compatible");
    check(&now(), &folder.lock(), Bless::Compatible).expect("it begins");
    let before = fs::read_to_string(folder.lock()).expect("a lock");
    let fault = check(&with_more(), &folder.lock(), Bless::Nothing).expect_err("it is another");
    assert!(fault.contains("event variant added") && fault.contains("TRIWIRE_BLESS=1 cargo test"), "{fault}");
    assert_eq!(fs::read_to_string(folder.lock()).expect("a lock"), before);
    assert_eq!(check(&with_more(), &folder.lock(), Bless::Compatible), Ok(Checked::Written(1)));
    assert_eq!(check(&with_more(), &folder.lock(), Bless::Nothing), Ok(Checked::Same));
}

#[test]
fn what_breaks_is_written_only_by_its_own_word_and_raises_the_version() {
    let folder = Folder::new("breaking");
    check(&now(), &folder.lock(), Bless::Compatible).expect("it begins");
    let before = fs::read_to_string(folder.lock()).expect("a lock");
    for bless in [Bless::Nothing, Bless::Compatible] {
        let fault = check(&later(), &folder.lock(), bless).expect_err("it breaks");
        assert!(fault.contains("TRIWIRE_BLESS=breaking cargo test") && fault.contains("from version 1 to 2"), "{fault}");
        assert_eq!(fs::read_to_string(folder.lock()).expect("a lock"), before);
    }
    assert_eq!(check(&later(), &folder.lock(), Bless::Breaking), Ok(Checked::Written(2)));
    assert!(fs::read_to_string(folder.lock()).expect("a lock").starts_with("{\n  \"version\": 2,\n"), "where a reviewer looks first");
    assert_eq!(check(&later(), &folder.lock(), Bless::Breaking), Ok(Checked::Same), "once it is written, nothing breaks any more");
}

#[test]
fn a_lock_that_is_none_is_no_reason_to_write_one() {
    let folder = Folder::new("broken");
    for text in ["<<<<<<< ours\n{}", "{}", "{\"version\": 1, \"contract\": {}}"] {
        fs::write(folder.lock(), text).expect("it is written");
        let fault = check(&now(), &folder.lock(), Bless::Breaking).expect_err("it is no lock");
        assert!(fault.contains("is not a lock"), "{fault}");
        assert_eq!(fs::read_to_string(folder.lock()).expect("it stays"), text);
    }
}

/// The path is from the folder of the package. `TRIWIRE_BLESS=1 cargo test -p triwire-tests --test lock` writes the lock.
#[test]
fn one_line_holds_the_contract() {
    triwire::assert_contract!(ChatEvent, "lock/contract.lock.json");
}

#[test]
fn one_line_tells_of_another_contract() {
    // With a word to bless it would be written, and the lock be another test's no more.
    if Bless::from_environment() != Ok(Bless::Nothing) {
        return;
    }
    let fault = panic::catch_unwind(|| triwire::assert_contract!(more::ChatEvent, "lock/contract.lock.json")).expect_err("it is another");
    let fault = fault.downcast::<String>().expect("a text");
    assert!(fault.contains("compatible  event `pinned`: event variant added"), "{fault}");
}

/// A whole message, as people get it: read it as prose when it changes.
#[test]
fn the_message_reads_as_it_stands_in_the_book() {
    let folder = Folder::new("message");
    check(&now(), &folder.lock(), Bless::Compatible).expect("it begins");
    let fault = check(&later(), &folder.lock(), Bless::Nothing).expect_err("it breaks");
    let chapter = include_str!("../../book/src/contract-lock.md");
    assert!(
        chapter.contains(&format!("```text\n{}\n```", fault.trim_end())),
        "book/src/contract-lock.md has another message than:\n\n{fault}"
    );
}
