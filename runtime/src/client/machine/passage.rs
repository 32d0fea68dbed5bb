//! What of a stream is handed on, and how far it has come by that: the one position through every change of connection.

use std::collections::HashMap;

use crate::item::Item;
use crate::position::{Position, Since};

#[derive(Debug)]
pub(super) struct Passage {
    /// The channels that have not ended.
    channels: Vec<String>,
    /// Where it began.
    begin: Since,
    position: Option<Position>,
    /// How far the gaps that were told reach, by channel, as long as the position has not passed them: a gap that reaches no further is
    /// told again to whoever comes back, and is old news.
    told: HashMap<String, Position>,
    /// What states are good for, by channel, as long as the position has not passed it: events of before are in them.
    states: HashMap<String, Position>,
    /// Whether anything came since it was asked.
    has_moved: bool,
}

/// Whether `here` is of the same epoch as `there`, and not behind it.
fn covers(there: Option<&Position>, here: Position) -> bool {
    there.is_some_and(|there| there.epoch == here.epoch && here.offset <= there.offset)
}

impl Passage {
    pub(super) fn new(channels: Vec<String>, begin: Since) -> Self {
        let position = if let Since::At(position) = begin { Some(position) } else { None };
        Self { channels, begin, position, told: HashMap::new(), states: HashMap::new(), has_moved: false }
    }

    /// The channels that have not ended.
    pub(super) fn channels(&self) -> &[String] {
        &self.channels
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.position
    }

    /// From where to go on.
    pub(super) fn since(&self) -> Since {
        self.position.map_or(self.begin, Since::At)
    }

    /// Whether anything came since this was asked last.
    pub(super) fn has_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// Takes what came. Says whether it is to be handed on.
    pub(super) fn take<E>(&mut self, item: &Item<E>) -> bool {
        let is_news = match item {
            Item::Event { id: None, .. } | Item::Unknown { id: None, .. } | Item::Presence { .. } | Item::Bye(_) => true,
            Item::Event { channel, id: Some(id), .. } | Item::Unknown { channel, id: Some(id), .. } => {
                let in_state = covers(self.states.get(channel), *id);
                self.reach(*id) && !in_state
            }
            Item::Gap { channel, gap } => {
                let is_news = !covers(self.told.get(channel), gap.until);
                if is_news {
                    self.told.insert(channel.clone(), gap.until);
                }
                is_news
            }
            Item::Snapshot { channel, position, .. } => {
                self.states.insert(channel.clone(), *position);
                true
            }
            // The opening repeats where one asked from.
            Item::Heartbeat(position) => self.position == Some(*position) || self.reach(*position),
            Item::Ended { channel, .. } => {
                let before = self.channels.len();
                self.channels.retain(|own| own != channel);
                self.channels.len() < before
            }
        };
        self.has_moved |= is_news;
        is_news
    }

    /// The position moves, and never back: says whether it did.
    pub(super) fn reach(&mut self, position: Position) -> bool {
        if covers(self.position.as_ref(), position) {
            return false;
        }
        self.position = Some(position);
        self.has_moved = true;
        let is_ahead = |_: &String, place: &mut Position| place.epoch == position.epoch && place.offset > position.offset;
        self.told.retain(is_ahead);
        self.states.retain(is_ahead);
        true
    }
}
