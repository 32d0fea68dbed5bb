//! What of a document is the contract: the schemas of what is written, and by whom; the channels, and what goes by them.

use serde_json::Value;

use super::compare::{Comparison, Names};
use super::rules::{
    AUDIENCE_ADDED, AUDIENCE_REMOVED, CHANNEL_ADDED, CHANNEL_REMOVED, CHANNEL_RENAMED, COMMAND_ADDED, COMMAND_REMOVED, CONSTRUCTOR_CHANGED,
    Direction, LAST_NO_MORE, LATEST_NO_MORE, MADE_LAST, MADE_LASTING, MADE_LATEST, MADE_VOLATILE, PRESENCE_ADDED, PRESENCE_REMOVED,
    PROTOCOL_CHANGED, Rule, STATE_ADDED, STATE_REMOVED, VARIANT_MOVED,
};
use super::words::quoted;
use super::{CASE_NAMES, COMMAND_NAMES, Change, EVENT_NAMES, Place};

/// The facts that a variant has or has not: what they are called, and by which rules they come and go.
const FACTS: [(&str, &Rule, &Rule); 4] = [
    ("volatile", &MADE_VOLATILE, &MADE_LASTING),
    ("latest", &MADE_LATEST, &LATEST_NO_MORE),
    ("audience", &AUDIENCE_ADDED, &AUDIENCE_REMOVED),
    ("ends", &MADE_LAST, &LAST_NO_MORE),
];

/// What changed from the one contract to the other, each the schema of [`Hub::contract`](crate::Hub::contract): nothing where
/// they differ in the names of their definitions alone.
#[must_use]
pub fn compare(old: &Value, new: &Value) -> Vec<Change> {
    let (old, new) = (Said::of(old), Said::of(new));
    let mut changes = Vec::new();
    if old.facts["protocol"] != new.facts["protocol"] {
        let what = format!("the protocol was {}, it is {}", old.facts["protocol"], new.facts["protocol"]);
        changes.push(Change::new(&PROTOCOL_CHANGED, Direction::Event, Place::default(), what));
    }
    changes.extend(old.schemas(&new, "event", Direction::Event, EVENT_NAMES));
    facts(&old, &new, &mut changes);
    channels(&old, &new, &mut changes);
    commands(&old, &new, &mut changes);
    changes.extend(old.schemas(&new, "reply", Direction::Reply, CASE_NAMES));
    let states = match (old.schema("state"), new.schema("state")) {
        (None, Some(_)) => vec![(&STATE_ADDED, "channels have a state now")],
        (Some(_), None) => vec![(&STATE_REMOVED, "channels have no state any more")],
        _ => Vec::new(),
    };
    changes.extend(states.into_iter().map(|(rule, what)| Change::new(rule, Direction::State, Place::default(), what.to_owned())));
    changes.extend(old.schemas(&new, "state", Direction::State, CASE_NAMES));
    changes
}

/// A contract, and what it says of itself that no schema says.
struct Said<'a> {
    document: &'a Value,
    facts: &'a Value,
}

/// A channel's template, by the names that it makes: what its parameters are called is not among them.
#[derive(Clone, Copy)]
struct Channel<'a> {
    name: &'a str,
    template: &'a str,
    /// Whether it tells who is in.
    presence: bool,
}

impl Channel<'_> {
    /// The template without the names of its parameters.
    fn wire(&self) -> String {
        wire(self.template)
    }
}

fn wire(template: &str) -> String {
    let mut parts = template.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| whole + "{" + part.find('}').map_or(part, |end| &part[end..]))
}

impl<'a> Said<'a> {
    fn of(document: &'a Value) -> Self {
        Self { document, facts: &document["x-triwire"] }
    }

    /// The definition that this fact names.
    fn schema(&self, fact: &str) -> Option<&'a Value> {
        self.document["$defs"].get(self.facts[fact].as_str()?)
    }

    fn schemas(&self, new: &Said<'a>, fact: &str, direction: Direction, names: Names) -> Vec<Change> {
        let (Some(before), Some(after)) = (self.schema(fact), new.schema(fact)) else { return Vec::new() };
        let mut comparison = Comparison::new(self.document, new.document, direction);
        comparison.schemas_of(&Place::default(), before, after, names);
        comparison.changes
    }

    fn listed(&self, fact: &str) -> impl Iterator<Item = &'a Value> {
        self.facts[fact].as_array().into_iter().flatten()
    }

    fn channels(&self) -> Vec<Channel<'a>> {
        let text = |channel: &'a Value, field: &str| channel[field].as_str().unwrap_or_default();
        let channels = self.listed("channels").map(|channel| {
            let (name, template) = (text(channel, "name"), text(channel, "template"));
            Channel { name, template, presence: channel["presence"] == true }
        });
        channels.collect()
    }

    /// Each variant that is in both, as either has it.
    fn kept(&self, new: &Said<'a>) -> Vec<(&'a str, &'a Value, &'a Value)> {
        let events = self.listed("events").filter_map(|event| {
            let name = event["name"].as_str()?;
            Some((name, event, new.listed("events").find(|other| other["name"] == name)?))
        });
        events.collect()
    }
}

fn facts(old: &Said<'_>, new: &Said<'_>, changes: &mut Vec<Change>) {
    for (name, before, after) in old.kept(new) {
        for (fact, added, removed) in FACTS {
            let is_so = |event: &Value| event[fact] == true;
            let (rule, what) = match (is_so(before), is_so(after)) {
                (false, true) => (added, format!("it is marked {} now", quoted(fact))),
                (true, false) => (removed, format!("it is marked {} no more", quoted(fact))),
                _ => continue,
            };
            changes.push(Change::new(rule, Direction::Event, Place::of(name), what));
        }
    }
}

fn channels(old: &Said<'_>, new: &Said<'_>, changes: &mut Vec<Change>) {
    let (before, after) = (old.channels(), new.channels());
    let kept = old.kept(new);
    let goes_to = |event: &Value| event["channel"].as_str().map(wire).unwrap_or_default();
    let is_in = |channels: &[Channel<'_>], wire: &str| channels.iter().any(|channel| channel.wire() == wire);
    let mut renamed: Vec<(String, String)> = Vec::new();
    for channel in &before {
        let mut tell = |rule, what| changes.push(Change::new(rule, Direction::Channel, Place::of(channel.template), what));
        if let Some(same) = after.iter().find(|other| other.wire() == channel.wire()) {
            if (same.name, same.template) != (channel.name, channel.template) {
                let what = format!("{} is {} now, made by {}", quoted(channel.template), quoted(same.template), quoted(same.name));
                tell(&CONSTRUCTOR_CHANGED, what);
            }
            match (channel.presence, same.presence) {
                (false, true) => tell(&PRESENCE_ADDED, "it tells who is in now".to_owned()),
                (true, false) => tell(&PRESENCE_REMOVED, "it tells no more who is in".to_owned()),
                _ => {}
            }
            continue;
        }
        // Where all that went by it goes by one that is new, it is that one.
        let mut targets = kept.iter().filter(|(_, one, _)| goes_to(one) == channel.wire()).map(|(_, _, two)| goes_to(two));
        let target = targets.next().filter(|first| targets.all(|other| other == *first) && !is_in(&before, first));
        if let Some(target) = target {
            let now = after.iter().find(|other| other.wire() == target).map_or(target.as_str(), |other| other.template);
            tell(&CHANNEL_RENAMED, format!("{} is {} now", quoted(channel.template), quoted(now)));
            renamed.push((channel.wire(), target));
        } else {
            tell(&CHANNEL_REMOVED, format!("{} is gone", quoted(channel.template)));
        }
    }
    for channel in after.iter().filter(|channel| !is_in(&before, &channel.wire())) {
        if renamed.iter().all(|(_, target)| *target != channel.wire()) {
            let what = format!("{} is new", quoted(channel.template));
            changes.push(Change::new(&CHANNEL_ADDED, Direction::Channel, Place::of(channel.template), what));
        }
    }
    for (name, one, two) in kept {
        let (from, to) = (goes_to(one), goes_to(two));
        if from != to && !renamed.contains(&(from, to)) {
            let text = |event: &Value| quoted(event["channel"].as_str().unwrap_or_default());
            let what = format!("it went to {}, it goes to {}", text(one), text(two));
            changes.push(Change::new(&VARIANT_MOVED, Direction::Event, Place::of(name), what));
        }
    }
}

fn commands(old: &Said<'_>, new: &Said<'_>, changes: &mut Vec<Change>) {
    let (rule, said, what) = match (old.schema("command"), new.schema("command")) {
        (Some(_), Some(_)) => return changes.extend(old.schemas(new, "command", Direction::Command, COMMAND_NAMES)),
        (None, Some(_)) => (&COMMAND_ADDED, new, "is new"),
        (Some(_), None) => (&COMMAND_REMOVED, old, "is gone"),
        (None, None) => return,
    };
    let mut names: Vec<&str> = said.listed("commands").filter_map(|command| command["name"].as_str()).collect();
    if names.is_empty() {
        // A schema in a form of its own: they have no names.
        names.push("*");
    }
    for name in names {
        changes.push(Change::new(rule, Direction::Command, Place::of(name), format!("{} {what}", quoted(name))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parameter_is_called_is_not_on_the_wire() {
        assert_eq!(wire("room:{room}"), "room:{}");
        assert_eq!(wire("user:{id}/of:{place}"), wire("user:{user}/of:{where}"));
        assert_ne!(wire("room:{room}"), wire("room:{room}/{place}"));
        assert_eq!(wire("lobby"), "lobby");
    }
}
