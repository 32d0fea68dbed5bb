//! The rules of the lock, a table: what can happen to a contract, and whether who runs today lives through it.
//!
//! What a schema says has two rulings, for a schema that the server writes by (events, replies, states: an older page must read what
//! the newer server writes) and for one that clients write by (commands, names of channels: the newer server must read what an older
//! page writes).

use std::fmt;

/// Whether clients that run today live through a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// They do.
    Compatible,
    /// Some do not, or nothing here can tell.
    Breaking,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
        })
    }
}

/// What the change is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Written by the server, read by clients.
    Event,
    /// Written by clients, read by the server.
    Command,
    /// Written by the server, read by who sent the command.
    Reply,
    /// A name, written by clients that subscribe.
    Channel,
    /// Written by the server, read by clients.
    State,
}

impl Direction {
    /// Whether clients write by it, and the server reads.
    #[must_use]
    pub fn is_written_by_clients(self) -> bool {
        matches!(self, Self::Command | Self::Channel)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Event => "event",
            Self::Command => "command",
            Self::Reply => "reply",
            Self::Channel => "channel",
            Self::State => "state",
        })
    }
}

/// A verdict, and the sentence that says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whether clients that run today live through it.
    pub verdict: Verdict,
    /// Why.
    pub why: &'static str,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What happened.
    pub name: &'static str,
    /// The ruling where the server writes: events, replies, states.
    pub server: Ruling,
    /// The ruling where clients write: commands, names of channels.
    pub clients: Ruling,
    /// Whether it is about what something means: no value of the one side is refused by the other's schema, and yet clients notice.
    pub is_of_meaning: bool,
}

impl Rule {
    const fn new(name: &'static str, server: Ruling, clients: Ruling) -> Self {
        Self { name, server, clients, is_of_meaning: false }
    }

    const fn both(name: &'static str, ruling: Ruling) -> Self {
        Self::new(name, ruling, ruling)
    }

    const fn of_meaning(self) -> Self {
        Self { is_of_meaning: true, ..self }
    }

    /// The ruling in this direction.
    #[must_use]
    pub fn ruling(&self, direction: Direction) -> Ruling {
        if direction.is_written_by_clients() { self.clients } else { self.server }
    }
}

const fn compatible(why: &'static str) -> Ruling {
    Ruling { verdict: Verdict::Compatible, why }
}

const fn breaking(why: &'static str) -> Ruling {
    Ruling { verdict: Verdict::Breaking, why }
}

/// Makes the constants and the table of them all, so that no rule is left out of it.
macro_rules! table {
    ($($rule:ident = $made:expr;)*) => {
        $(pub(super) const $rule: Rule = $made;)*

        /// Every rule, in the order of the book.
        pub const RULES: &[Rule] = &[$($rule),*];
    };
}

const FEWER: Ruling = compatible("an older page still reads all that is written now");
const MORE: Ruling = breaking("an older page refuses what it did not have to expect");
const REFUSES: Ruling = breaking("the server refuses what an older page may write");
const ACCEPTS: Ruling = compatible("the server still reads all that an older page writes");
const OTHER: Ruling = breaking("who reads finds something else than was agreed");
const WORDS: Ruling = compatible("nothing that is written or read changes");

/// More values than before.
const fn wider(name: &'static str) -> Rule {
    Rule::new(name, MORE, ACCEPTS)
}

/// Fewer values than before.
const fn narrower(name: &'static str) -> Rule {
    Rule::new(name, FEWER, REFUSES)
}

table! {
    VARIANT_ADDED = Rule::both("event variant added", compatible("a client meets a variant that it does not know as data"));
    VARIANT_REMOVED = Rule::both("event variant removed", breaking("a page that waits for it waits for ever")).of_meaning();
    VARIANT_RENAMED = Rule::both("event variant renamed", breaking("a page that waits for the old name waits for ever")).of_meaning();
    COMMAND_ADDED = Rule::both("command added", compatible("an older page does not send it"));
    COMMAND_REMOVED = Rule::both("command removed", breaking("an older page that sends it is refused"));
    COMMAND_RENAMED = Rule::both("command renamed", breaking("an older page that sends the old name is refused"));
    STATE_ADDED = Rule::both("state added", compatible("an older page does not ask for it"));
    STATE_REMOVED = Rule::both("state removed", breaking("an older page that asks for it gets none")).of_meaning();

    CHANNEL_ADDED = Rule::both("channel added", compatible("an older page does not subscribe to it"));
    CHANNEL_REMOVED = Rule::both("channel removed", breaking("an older page that subscribes to it is refused"));
    CHANNEL_RENAMED = Rule::both("channel renamed", breaking("an older page subscribes to the old name, and is refused"));
    CONSTRUCTOR_CHANGED = Rule::both("channel constructor changed", compatible("the names on the wire stay; who compiles against it is told"));
    VARIANT_MOVED = Rule::both("variant moved to another channel", breaking("an older page waits for it where it was"));
    MADE_VOLATILE = Rule::both("made volatile", breaking("it has no `id` any more, and who was away never gets it"));
    MADE_LASTING = Rule::both("volatile no more", compatible("an older page ignores the `id`"));
    MADE_LATEST = Rule::both("made latest", breaking("of several, who was away gets only the newest")).of_meaning();
    LATEST_NO_MORE = Rule::both("latest no more", compatible("who was away gets more of them, in their order"));
    AUDIENCE_ADDED = Rule::both("audience added", breaking("who is not of it gets it no more")).of_meaning();
    AUDIENCE_REMOVED = Rule::both("audience removed", compatible("more clients get it"));
    MADE_LAST = Rule::both("made the end of its channel", breaking("what comes after it is refused")).of_meaning();
    LAST_NO_MORE = Rule::both("the end of its channel no more", breaking("a page that waits for the end waits for ever")).of_meaning();
    PRESENCE_ADDED = Rule::both("presence added", compatible("an older page ignores an item that it does not know"));
    PRESENCE_REMOVED = Rule::both("presence removed", breaking("a page that shows who is in shows nobody")).of_meaning();

    REQUIRED_FIELD_ADDED = Rule::new(
        "required field added",
        compatible("an older page ignores it; what the history keeps from before lacks it"),
        breaking("an older page does not send it"),
    );
    OPTIONAL_FIELD_ADDED = Rule::new(
        "optional field added",
        compatible("an older page ignores it"),
        compatible("an older page leaves it out"),
    );
    REQUIRED_FIELD_REMOVED = Rule::new(
        "required field removed",
        breaking("an older page reads it, and finds nothing"),
        compatible("the server ignores it from an older page"),
    );
    OPTIONAL_FIELD_REMOVED = Rule::new(
        "optional field removed",
        compatible("an older page can do without it"),
        compatible("the server ignores it from an older page"),
    );
    FIELD_MADE_REQUIRED = Rule::new(
        "field made required",
        compatible("an older page could do without it"),
        breaking("an older page may leave it out"),
    );
    FIELD_MADE_OPTIONAL = Rule::new(
        "field made optional",
        breaking("an older page reads it, and may find nothing"),
        compatible("an older page sends it all the same"),
    );
    FIELD_REFUSED = Rule::both("field unknown to who refuses such", breaking("who reads takes no field that it does not know"));
    UNKNOWN_REFUSED = Rule::both("unknown fields refused", compatible("each field that was known is judged by itself"));
    UNKNOWN_IGNORED = Rule::both("unknown fields no longer refused", compatible("each field that was known is judged by itself"));
    ENTRIES_ADDED = Rule::both("entries beside the fields", compatible("who reads ignores, or never gets, what it does not know"));
    ENTRIES_REMOVED = Rule::both("no entries beside the fields", compatible("who reads ignores, or never gets, what it does not know"));

    TYPE_CHANGED = Rule::both("type changed", OTHER);
    TYPE_WIDENED = wider("type widened");
    TYPE_NARROWED = narrower("type narrowed");
    NULL_ADDED = Rule::new("null allowed", breaking("an older page does not expect a null"), ACCEPTS);
    NULL_REMOVED = Rule::new("null no longer allowed", FEWER, breaking("an older page may send a null"));
    VALUE_ADDED = wider("value added");
    VALUE_REMOVED = narrower("value removed");
    VALUE_RENAMED = Rule::both("value renamed", OTHER);
    CASE_ADDED = Rule::new("case added", breaking("only of the event itself an older page takes a case that it does not know"), ACCEPTS);
    CASE_REMOVED = narrower("case removed");
    CASE_RENAMED = Rule::both("case renamed", OTHER);
    BOUNDS_WIDENED = wider("bounds widened");
    BOUNDS_NARROWED = narrower("bounds narrowed");
    FORMAT_ADDED = narrower("format added");
    FORMAT_REMOVED = wider("format removed");
    FORMAT_CHANGED = Rule::both("format changed", OTHER);
    PATTERN_ADDED = narrower("pattern added");
    PATTERN_REMOVED = wider("pattern removed");
    PATTERN_CHANGED = Rule::both("pattern changed", breaking("whether one holds what the other does nothing here can tell"));
    TAG_RENAMED = Rule::both("tag renamed", breaking("who reads cannot tell one from another any more"));
    CONTENT_RENAMED = Rule::both("content renamed", breaking("who reads looks for the content under the old name"));
    PROTOCOL_CHANGED = Rule::both("protocol changed", breaking("an older page does not speak it")).of_meaning();
    KEYWORD_UNKNOWN = Rule::both("unknown keyword", breaking("nothing here can tell what it means"));

    DOCUMENTATION_CHANGED = Rule::both("documentation changed", WORDS);
    DEPRECATED = Rule::both("deprecated", WORDS);
    DEPRECATED_NO_MORE = Rule::both("deprecated no more", WORDS);
    EXAMPLES_CHANGED = Rule::both("examples changed", WORDS);
    DEFAULT_CHANGED = Rule::both("default changed", compatible("what is written is read as before; what is left out may mean something else"));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_why() {
        let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len(), "two rules have one name");
        for rule in RULES {
            assert!(!rule.server.why.is_empty() && !rule.clients.why.is_empty(), "{} says not why", rule.name);
            assert!(
                !rule.is_of_meaning || rule.server.verdict == Verdict::Breaking,
                "{}: what nobody notices is no change of meaning",
                rule.name
            );
        }
    }

    #[test]
    fn who_writes_decides_by_which_column() {
        assert_eq!(REQUIRED_FIELD_ADDED.ruling(Direction::Event).verdict, Verdict::Compatible);
        assert_eq!(REQUIRED_FIELD_ADDED.ruling(Direction::Command).verdict, Verdict::Breaking);
    }
}
