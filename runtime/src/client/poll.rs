//! Items by long polls: each answer is a connection of its own to the machine.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::machine::Ended;
use super::stream::Piece;
use crate::position::Position;

#[derive(Deserialize)]
struct Answer {
    position: Position,
    items: Vec<Box<RawValue>>,
}

/// An answer, item for item.
pub(super) struct Poll(VecDeque<Piece>);

impl Poll {
    pub(super) fn read(body: &[u8]) -> Result<Self, Ended> {
        let Answer { position, items } = serde_json::from_slice(body).map_err(|_| Ended::Unfit)?;
        let items = items.iter().map(|item| Piece::Item(Bytes::copy_from_slice(item.get().as_bytes())));
        // A bye is the last among the items, and ends it: the position is before it, but behind what came.
        let (byes, others): (Vec<_>, Vec<_>) = items.partition(|piece| matches!(piece, Piece::Item(item) if item.starts_with(b"{\"bye\"")));
        Ok(Self(others.into_iter().chain([Piece::Position(position)]).chain(byes).collect()))
    }

    pub(super) fn next(&mut self) -> Result<Piece, Ended> {
        self.0.pop_front().ok_or(Ended::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bye_comes_last_and_behind_the_position() {
        let body = br#"{"position":"a-7","items":[{"channel":"a","id":"a-7","event":1},{"bye":{"reason":"drain","retry_ms":3}}]}"#;
        let mut poll = Poll::read(body).expect("an answer");
        assert!(matches!(poll.next(), Ok(Piece::Item(item)) if item.starts_with(b"{\"channel\"")));
        assert!(matches!(poll.next(), Ok(Piece::Position(position)) if position.offset == 7));
        assert!(matches!(poll.next(), Ok(Piece::Item(item)) if item.starts_with(b"{\"bye\"")));
        assert!(matches!(poll.next(), Err(Ended::Done)));
    }

    #[test]
    fn half_an_answer_is_none() {
        assert!(matches!(Poll::read(br#"{"position":"a-7","items":[{"#), Err(Ended::Unfit)));
        assert!(matches!(Poll::read(b"<html>"), Err(Ended::Unfit)));
    }
}
