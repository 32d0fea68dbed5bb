//! `cargo triwire check` and `diff`: a crate's contracts against their locks, and any two contracts against each other.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use triwire::lock::{Bless, Checked, Lock, Verdict, compare, told};

use crate::enums::{Enums, unreadable};

const LOCK: &str = "contract.lock.json";
const COMMAND: &str = "cargo triwire check";

pub(crate) fn check(words: &[String]) -> Result<(), String> {
    let bless = Bless::from_environment()?;
    let (locks, words) = locks(words)?;
    let enums = Enums::of(&words)?;
    for path in locks {
        let name = named(&path, &enums)?;
        let contract = json(&enums.document(&name, "schema.json")?, &path)?;
        match triwire::lock::check(&contract, &path, bless, COMMAND)? {
            Checked::Same => println!("{}: the contract of `{name}` is the one agreed on", path.display()),
            Checked::Written(version) => println!("{}: written, version {version}", path.display()),
        }
    }
    Ok(())
}

/// The locks that are named, and the words that are cargo's.
fn locks(words: &[String]) -> Result<(Vec<PathBuf>, Vec<String>), String> {
    let (mut locks, mut others) = (Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--lock" {
            locks.push(PathBuf::from(words.next().ok_or(format!("`--lock` names a file: `--lock {LOCK}`"))?));
        } else if let Some(file) = word.strip_prefix("--lock=") {
            locks.push(PathBuf::from(file));
        } else {
            others.push(word.clone());
        }
    }
    if locks.is_empty() {
        locks.push(PathBuf::from(LOCK));
    }
    Ok((locks, others))
}

/// The enum whose lock it is: the lock names it, and where there is none yet, there must be but one enum.
fn named(path: &Path, enums: &Enums) -> Result<String, String> {
    let name = match (fs::read_to_string(path), &enums.names[..]) {
        (Ok(text), _) => name_of(&Lock::read(&text).map_err(|why| format!("{} {why}", path.display()))?.contract),
        (Err(_), [only]) => only.clone(),
        (Err(error), names) => {
            let names = names.join("`, `");
            return Err(format!(
                "{}\n\nof `{names}`, say whose lock it becomes: choose its target, `--lib` or `--bin …`",
                unreadable(path, &error)
            ));
        }
    };
    let is_there = enums.names.contains(&name);
    is_there.then_some(name.clone()).ok_or_else(|| {
        let names = enums.names.join("`, `");
        format!("{} is the lock of `{name}`, and the enums here are `{names}`", path.display())
    })
}

fn name_of(contract: &Value) -> String {
    contract["x-triwire"]["name"].as_str().unwrap_or_default().to_owned()
}

fn json(text: &str, path: &Path) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{}: {error}", path.display()))
}

pub(crate) fn diff(words: &[String]) -> Result<(), String> {
    let [old, new] = words else { return Err("`cargo triwire diff` takes two files, the old and the new: locks, or `schema.json`".into()) };
    let changes = compare(&contract(Path::new(old))?, &contract(Path::new(new))?);
    if changes.is_empty() {
        println!("no change");
        return Ok(());
    }
    print!("{}", told(&changes));
    let is_breaking = changes.iter().any(|change| change.verdict == Verdict::Breaking);
    if is_breaking { Err(format!("clients of {old} break")) } else { Ok(()) }
}

/// The contract in a file, which is it, or a lock.
fn contract(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let mut document = json(&text, path)?;
    if document["contract"].is_object() {
        document = document["contract"].take();
    }
    let is_contract = document["x-triwire"].is_object();
    if is_contract { Ok(document) } else { Err(format!("{}: is neither a lock nor a `schema.json`", path.display())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_but_the_locks_are_cargos() {
        let words = ["-p", "chat", "--lock", "a.json", "--lock=b.json", "--bin", "chat"].map(str::to_owned);
        let cargos = ["-p", "chat", "--bin", "chat"].map(str::to_owned).to_vec();
        assert_eq!(locks(&words), Ok((vec!["a.json".into(), "b.json".into()], cargos)));
        assert_eq!(locks(&[]), Ok((vec![LOCK.into()], vec![])));
        assert!(locks(&["--lock".to_owned()]).is_err());
    }
}
