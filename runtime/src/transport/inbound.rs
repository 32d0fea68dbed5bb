//! What the client of a WebSocket has said and is not done with.

use std::sync::Arc;

use bytes::Bytes;

use crate::hub::node::Node;
use crate::transport::ask::Asks;
use crate::transport::command::Commands;
use crate::websocket::Decoder;

/// What a client said.
pub(super) struct Inbound {
    pub(super) decoder: Decoder,
    /// What was read and must wait.
    pub(super) unread: Bytes,
    /// A ping that is to be answered.
    pub(super) pong: Option<Bytes>,
    pub(super) asks: Asks,
    pub(super) commands: Commands,
}

impl Inbound {
    pub(super) fn new(node: &Arc<Node>, deflates: bool) -> Self {
        let asks = Asks::new(Arc::clone(node));
        let decoder = Decoder::new(node.limits.inbound_bytes);
        let decoder = if deflates { decoder.with_deflate() } else { decoder };
        Self { decoder, unread: Bytes::new(), pong: None, asks, commands: Commands::default() }
    }

    pub(super) fn rests(&self, node: &Node) -> bool {
        self.pong.is_some() || self.waiting() >= node.limits.inbound_waiting
    }

    /// How much is not answered yet.
    fn waiting(&self) -> usize {
        self.asks.waiting() + self.commands.unanswered()
    }

    /// Whether all that the client said is done with.
    pub(super) fn is_done(&self) -> bool {
        self.decoder.is_idle() && self.unread.is_empty() && self.pong.is_none() && self.waiting() == 0
    }
}
