//! Pairs of types, each the old and the new of one change, and the rule that must be told of it.

#![allow(
    dead_code,
    deprecated,
    unused_imports,
    reason = "only the schemas of these types are looked at, and no pair needs all that is there for it"
)]

mod commands;
mod enums;
mod events;
mod fields;
mod scalars;
mod told;

use serde_json::Value;
use triwire::lock::Verdict;

/// What the types of the pairs are made of.
mod made_of {
    pub(super) use std::collections::{BTreeMap, BTreeSet};
    pub(super) use std::num::NonZeroU8;

    pub(super) use schemars::JsonSchema;
    pub(super) use serde::{Deserialize, Serialize};
    pub(super) use triwire::{Hub, Realtime};

    pub(super) fn is_zero(number: &u8) -> bool {
        *number == 0
    }
}

/// The old contract and the new.
pub(super) struct Pair {
    pub(super) name: &'static str,
    pub(super) old: Value,
    pub(super) new: Value,
    pub(super) expected: Expected,
}

/// What must be told.
pub(super) enum Expected {
    /// Nothing at all.
    Nothing,
    /// This rule, with this verdict where the server writes, and with this where clients do; where none, it is not told there.
    Type(&'static str, Option<Verdict>, Option<Verdict>),
    /// This rule, so often, each with this verdict.
    Each(&'static str, Verdict, usize),
}

/// Two versions of a type `T`, which stands in a field of an event, in a field of a command, in the reply and in the state.
macro_rules! types {
    ($($name:ident { $($old:item)* } { $($new:item)* } => $expected:expr;)*) => {
        $(mod $name {
            use super::super::{Expected, Pair};
            use super::super::{Verdict::{Breaking, Compatible}, both, clients, no_change, server, split};

            mod old {
                $crate::lock::pairs::contract!($($old)*);
            }

            mod new {
                $crate::lock::pairs::contract!($($new)*);
            }

            pub(super) fn pair() -> Pair {
                let expected: Expected = $expected;
                Pair { name: stringify!($name), old: old::contract(), new: new::contract(), expected }
            }
        })*

        pub(super) fn pairs() -> Vec<super::Pair> {
            vec![$($name::pair()),*]
        }
    };
}
pub(super) use types;

/// The contract around a type `T`.
macro_rules! contract {
    ($($item:item)*) => {
        use super::super::super::made_of::*;

        $(#[derive(Serialize, Deserialize, JsonSchema)] $item)*

        #[derive(Realtime, Serialize, JsonSchema)]
        #[serde(tag = "type", rename_all = "snake_case")]
        #[realtime(commands = Asked, reply = T, state = T)]
        enum ToldEvent {
            #[realtime(channel = "all")]
            Told { field: T },
        }

        #[derive(Deserialize, JsonSchema)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Asked {
            Ask { field: T },
        }

        pub(super) fn contract() -> serde_json::Value {
            Hub::<ToldEvent>::contract().schema
        }
    };
}
pub(super) use contract;

/// Two versions of an enum of events, as it stands in a user's code, with all that it names.
macro_rules! changes {
    ($($name:ident { $($old:item)* } { $($new:item)* } => $expected:expr;)*) => {
        $(mod $name {
            use super::super::{Expected, Pair};
            use super::super::{Verdict::Breaking, breaking, compatible, no_change};

            mod old {
                use super::super::super::made_of::*;
                $($old)*
                pub(super) fn contract() -> serde_json::Value {
                    Hub::<ChatEvent>::contract().schema
                }
            }

            mod new {
                use super::super::super::made_of::*;
                $($new)*
                pub(super) fn contract() -> serde_json::Value {
                    Hub::<ChatEvent>::contract().schema
                }
            }

            pub(super) fn pair() -> Pair {
                let expected: Expected = $expected;
                Pair { name: stringify!($name), old: old::contract(), new: new::contract(), expected }
            }
        })*

        pub(super) fn pairs() -> Vec<super::Pair> {
            vec![$($name::pair()),*]
        }
    };
}
pub(super) use changes;

/// Breaks nobody, whoever writes.
pub(super) fn both(rule: &'static str, verdict: Verdict) -> Expected {
    Expected::Type(rule, Some(verdict), Some(verdict))
}

/// Breaks the one and not the other: first where the server writes.
pub(super) fn split(rule: &'static str, server: Verdict, clients: Verdict) -> Expected {
    Expected::Type(rule, Some(server), Some(clients))
}

/// Told only where the server writes.
pub(super) fn server(rule: &'static str, verdict: Verdict) -> Expected {
    Expected::Type(rule, Some(verdict), None)
}

/// Told only where clients write.
pub(super) fn clients(rule: &'static str, verdict: Verdict) -> Expected {
    Expected::Type(rule, None, Some(verdict))
}

pub(super) fn breaking(rule: &'static str) -> Expected {
    Expected::Each(rule, Verdict::Breaking, 1)
}

pub(super) fn compatible(rule: &'static str) -> Expected {
    Expected::Each(rule, Verdict::Compatible, 1)
}

pub(super) fn no_change() -> Expected {
    Expected::Nothing
}

pub(super) fn all() -> Vec<Pair> {
    [fields::pairs(), scalars::pairs(), enums::pairs(), told::pairs(), events::pairs(), commands::pairs()].into_iter().flatten().collect()
}
