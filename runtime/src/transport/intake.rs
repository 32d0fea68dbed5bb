//! How fast a WebSocket's client may send. What comes faster is left to the kernel, and so to the client: nobody is cut for it.

use tokio::time::Instant;

use crate::hub::node::Node;
use crate::rate::Full;

/// See the module.
#[derive(Default)]
pub(crate) struct Intake {
    full: Full,
    /// Nothing is read before.
    rests_until: Option<Instant>,
}

impl Intake {
    /// Notes what was read, and says whether reading rests now.
    pub(crate) fn take(&mut self, node: &Node, bytes: usize, now: Instant) -> bool {
        self.rests_until = node.received(&mut self.full, bytes, now);
        self.rests_until.is_some()
    }

    /// Whether reading still rests.
    pub(crate) fn rests(&mut self, now: Instant) -> bool {
        self.rests_until = self.rests_until.filter(|until| *until > now);
        self.rests_until.is_some()
    }

    /// When there is something to be read again.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.rests_until
    }
}
