//! Close codes of a WebSocket (RFC 6455 section 7.4, and our own in the 4000s); those of a breach of the protocol are the decoder's.

pub(crate) const GOING_AWAY: u16 = 1001;
pub(crate) const BINARY: u16 = 1003;
pub(crate) const DENIED: u16 = 1008;
pub(crate) const DRAIN: u16 = 1012;
pub(crate) const LATER: u16 = 1013;
pub(crate) const NOT_UNDERSTOOD: u16 = 4400;
pub(crate) const EXPIRED: u16 = 4401;
