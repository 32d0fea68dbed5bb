//! The lock file: a contract as it was last agreed to, in the user's repository, where a change of it is a change that a reviewer sees.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use serde_json::{Map, Value};

use super::{Change, Verdict, compare};
#[cfg(feature = "server")]
use crate::contract::Realtime;
#[cfg(feature = "server")]
use crate::hub::Hub;

/// The variable that lets a test write the lock: `1` for what is compatible, `breaking` for what is not.
pub const BLESS: &str = "TRIWIRE_BLESS";

/// What may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bless {
    /// Nothing: a change is a fault.
    Nothing,
    /// A first lock, and what is compatible.
    Compatible,
    /// All, and the version of the lock goes up by one where something breaks.
    Breaking,
}

impl Bless {
    /// What the variable [`BLESS`] says; nothing where it is not set.
    ///
    /// # Errors
    /// Where it says something else.
    pub fn from_environment() -> Result<Self, String> {
        let said = env::var(BLESS).unwrap_or_default();
        Self::said(&said).ok_or_else(|| format!("`{BLESS}={said}` is not known: `1` writes what is compatible, `breaking` what is not"))
    }

    fn said(word: &str) -> Option<Self> {
        match word {
            "" | "0" => Some(Self::Nothing),
            "1" => Some(Self::Compatible),
            "breaking" => Some(Self::Breaking),
            _ => None,
        }
    }
}

/// A lock: a contract, and how often it was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// 1 for the first; one more after each change that breaks clients.
    pub version: u64,
    /// The contract, as `Hub::contract` gives its schema.
    pub contract: Value,
}

impl Lock {
    /// Reads what [`text`](Self::text) wrote.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut lock: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("is not a lock: {error}; take it from the repository again"))?;
        let version = lock.get("version").and_then(Value::as_u64).ok_or("is not a lock: it has no `version`")?;
        let contract =
            lock.remove("contract").filter(|contract| contract["x-triwire"].is_object()).ok_or("is not a lock: it has no `contract`")?;
        Ok(Self { version, contract })
    }

    /// As it stands in the file: the version first, then the contract, one keyword a line, so that a change is a few lines of a review.
    #[must_use]
    pub fn text(&self) -> String {
        let mut contract = self.contract.clone();
        // A dependency of the application may have serde_json keep the order of insertion.
        contract.sort_all_objects();
        let contract = format!("{contract:#}").replace('\n', "\n  ");
        format!(
            "{{\n  \"version\": {},\n  \"hash\": {},\n  \"contract\": {contract}\n}}\n",
            self.version, self.contract["x-triwire"]["hash"]
        )
    }
}

/// What a check came to, where there is no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The contract is the one of the lock.
    Same,
    /// The lock was written, with this version.
    Written(u64),
}

/// Compares a contract with the lock at `path`, and writes the lock where that is allowed. `command` is what people are told to run with
/// [`BLESS`] set.
///
/// # Errors
/// What changed, in prose, with the command that accepts it; or what is wrong with the file.
pub fn check(contract: &Value, path: &Path, bless: Bless, command: &str) -> Result<Checked, String> {
    let shown = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let event = contract["x-triwire"]["name"].as_str().unwrap_or("the enum");
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && bless == Bless::Nothing => {
            return Err(format!(
                "there is no {shown}: nothing holds the contract of `{event}` yet\n\nto begin, and then commit it:\n\n    {BLESS}=1 {command}\n"
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return write(path, &Lock { version: 1, contract: contract.clone() });
        }
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    let lock = Lock::read(&text).map_err(|why| format!("{} {why}", path.display()))?;
    let changes = compare(&lock.contract, contract);
    let is_breaking = changes.iter().any(|change| change.verdict == Verdict::Breaking);
    let new = Lock { version: lock.version + u64::from(is_breaking), contract: contract.clone() };
    let needed = if is_breaking { Bless::Breaking } else { Bless::Compatible };
    if bless >= needed {
        return if new.text() == text { Ok(Checked::Same) } else { write(path, &new) };
    }
    // Without a change the documents differ in the names of their definitions at most.
    if changes.is_empty() { Ok(Checked::Same) } else { Err(fault(event, &shown, &lock, &changes, command)) }
}

fn write(path: &Path, lock: &Lock) -> Result<Checked, String> {
    fs::write(path, lock.text()).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(Checked::Written(lock.version))
}

/// What is told of a contract that is not its lock's.
fn fault(event: &str, shown: &str, lock: &Lock, changes: &[Change], command: &str) -> String {
    let mut text = format!("the contract of `{event}` is not the one in {shown}\n\n{}\n", told(changes));
    let version = lock.version;
    let end = if changes.iter().any(|change| change.verdict == Verdict::Breaking) {
        format!(
            "clients that run today break. What they need may stay beside the new until they are gone;\nor accept it, and {shown} goes from version {version} to {}, which a review shows:\n\n    {BLESS}=breaking {command}\n",
            version + 1
        )
    } else {
        format!("clients that run today live on. Accept it, and commit {shown} with it:\n\n    {BLESS}=1 {command}\n")
    };
    text.push_str(&end);
    text
}

/// The changes in prose, what breaks first.
#[must_use]
pub fn told(changes: &[Change]) -> String {
    let mut ordered: Vec<&Change> = changes.iter().collect();
    ordered.sort_by_key(|change| std::cmp::Reverse(change.verdict));
    let mut text = String::new();
    for change in ordered {
        writeln!(text, "  {change}").expect("a string takes all");
    }
    let breaking = changes.iter().filter(|change| change.verdict == Verdict::Breaking).count();
    writeln!(text, "\n  {breaking} breaking, {} compatible", changes.len() - breaking).expect("a string takes all");
    text
}

/// What `assert_contract!` does.
#[cfg(feature = "server")]
#[doc(hidden)]
#[track_caller]
pub fn hold<E: Realtime>(folder: &str, file: &str) {
    let contract = Hub::<E>::contract().schema;
    let checked = Bless::from_environment().and_then(|bless| check(&contract, &Path::new(folder).join(file), bless, "cargo test"));
    if let Err(fault) = checked {
        panic!("{fault}");
    }
}

/// Holds that the contract of an enum of events is the one in its lock: in a test, one line.
///
/// The path is from the folder of the crate's `Cargo.toml`. A change panics with what changed, by which rule, and whether clients that run
/// today live through it. `TRIWIRE_BLESS=1 cargo test` writes the lock where they do, and the first one; `TRIWIRE_BLESS=breaking cargo test`
/// writes what breaks them, and raises the `version` in the lock.
///
/// ```no_run
/// # use triwire::Realtime;
/// # #[derive(Realtime, serde::Serialize, schemars::JsonSchema)]
/// # #[serde(tag = "type", rename_all = "snake_case")]
/// # enum ChatEvent {
/// #     #[realtime(channel = "room:{room}")]
/// #     Message { room: String, from: String, text: String },
/// # }
/// #[test]
/// fn the_contract_is_the_one_agreed_on() {
///     triwire::assert_contract!(ChatEvent, "contract.lock.json");
/// }
/// ```
#[macro_export]
macro_rules! assert_contract {
    ($events:ty, $path:expr) => {
        $crate::lock::hold::<$events>(::core::env!("CARGO_MANIFEST_DIR"), $path)
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_variable_says_one_of_three_things() {
        assert_eq!(Bless::said(""), Some(Bless::Nothing));
        assert_eq!(Bless::said("1"), Some(Bless::Compatible));
        assert_eq!(Bless::said("breaking"), Some(Bless::Breaking));
        assert_eq!(Bless::said("yes"), None);
    }

    #[test]
    fn a_lock_reads_what_it_wrote_and_refuses_all_else() {
        let lock = Lock { version: 3, contract: json!({ "z": [1, { "b": "a\nb" }], "x-triwire": { "hash": "0af" } }) };
        assert_eq!(Lock::read(&lock.text()), Ok(lock.clone()));
        assert!(lock.text().starts_with("{\n  \"version\": 3,\n  \"hash\": \"0af\",\n  \"contract\": {\n    \"x-triwire\": {\n"));
        for text in ["", "{}", "[]", "{\"version\": 1}", "{\"version\": 1, \"contract\": {}}", "<<<<<<< HEAD"] {
            assert!(Lock::read(text).is_err(), "{text}");
        }
    }
}
