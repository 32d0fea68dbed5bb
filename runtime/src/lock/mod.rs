//! The contract lock: what changed between two contracts, told in prose and judged by whether clients of the old live on. Floor 8.
//!
//! Its input is two documents of JSON Schema, however they were made. What it cannot judge is breaking, never silently compatible.

mod compare;
mod contract;
mod file;
mod meet;
mod number;
mod rules;
mod same;
mod shape;

mod words;

use std::fmt;

use compare::Names;
pub use contract::compare;
#[cfg(feature = "server")]
#[doc(hidden)]
pub use file::hold;
pub use file::{BLESS, Bless, Checked, Lock, check, told};
use rules::{
    CASE_ADDED, CASE_REMOVED, CASE_RENAMED, COMMAND_ADDED, COMMAND_REMOVED, COMMAND_RENAMED, VARIANT_ADDED, VARIANT_REMOVED,
    VARIANT_RENAMED,
};
pub use rules::{Direction, RULES, Rule, Ruling, Verdict};

const CASE_NAMES: Names = Names { added: &CASE_ADDED, removed: &CASE_REMOVED, renamed: &CASE_RENAMED, are_variants: false };
const EVENT_NAMES: Names = Names { added: &VARIANT_ADDED, removed: &VARIANT_REMOVED, renamed: &VARIANT_RENAMED, are_variants: true };
const COMMAND_NAMES: Names = Names { added: &COMMAND_ADDED, removed: &COMMAND_REMOVED, renamed: &COMMAND_RENAMED, are_variants: true };

/// One difference between two contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name of the rule it falls under, one of [`RULES`].
    pub rule: &'static str,
    /// What it is in.
    pub direction: Direction,
    /// Whether clients that run today live through it.
    pub verdict: Verdict,
    /// Where it is.
    pub place: Place,
    /// What happened.
    pub what: String,
    /// Why the verdict is what it is.
    pub why: &'static str,
}

impl Change {
    fn new(rule: &Rule, direction: Direction, place: Place, what: String) -> Self {
        let ruling = rule.ruling(direction);
        Self { rule: rule.name, direction, verdict: ruling.verdict, place, what, why: ruling.why }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<11} {}", self.verdict, self.direction)?;
        if let Some(variant) = &self.place.variant {
            write!(f, " `{variant}`")?;
        }
        if !self.place.field.is_empty() {
            write!(f, ", field `{}`", self.place.field)?;
        }
        write!(f, ": {}\n              {}; {}", self.rule, self.what, self.why)
    }
}

/// Where a change is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The variant, the command or the channel; none where it is all of them.
    pub variant: Option<String>,
    /// The field: `place.across`, `moods[]` for the items of a list, `scores{}` for the entries of a map, `shape(circle)` for a case; empty
    /// where it is the whole.
    pub field: String,
}

impl Place {
    fn of(variant: &str) -> Self {
        Self { variant: Some(variant.to_owned()), field: String::new() }
    }

    fn field(&self, name: &str) -> Self {
        self.with(&if self.field.is_empty() { name.to_owned() } else { format!(".{name}") })
    }

    fn item(&self, at: usize) -> Self {
        self.with(&format!("[{at}]"))
    }

    fn each(&self) -> Self {
        self.with("[]")
    }

    fn entry(&self) -> Self {
        self.with("{}")
    }

    fn case(&self, name: &str, names: Names) -> Self {
        if names.are_variants { Self::of(name) } else { self.with(&format!("({name})")) }
    }

    fn with(&self, step: &str) -> Self {
        Self { variant: self.variant.clone(), field: format!("{}{step}", self.field) }
    }
}
