//! Without the feature `deflate` nothing is agreed to.

use bytes::Bytes;

/// What was agreed with one client: nothing ever is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreed {}

impl Agreed {
    /// The value of `Sec-WebSocket-Extensions` in the answer.
    pub fn answer(self) -> String {
        match self {}
    }

    /// Whether a text of so many bytes may be compressed for this client.
    pub fn takes(self, _: usize) -> bool {
        match self {}
    }
}

/// The first offer that can be accepted: none.
pub fn negotiate<'a>(_: impl Iterator<Item = &'a str>) -> Option<Agreed> {
    None
}

/// A text as one compressed frame: none.
pub fn deflate(_: &[u8]) -> Option<Bytes> {
    None
}
