//! What a connection hands its transport, and its form on each of them. Floor 1.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::position::Position;
use crate::protocol::{self, Bye, End, Gap};
use crate::run::Run;
use crate::websocket::{self, Agreed, Opcode};

/// What a connection hands its transport, in the order of the wire.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// Events.
    Run(Run),
    /// A loss in the named channel; it is rare, and does not make the others larger.
    Gap(Box<(Arc<str>, Gap)>),
    /// A position, and nothing for this reader up to it.
    Heartbeat(Position),
    /// A channel that was asked for with this tag is now covered by the connection's position.
    Joined(u64, Position),
    /// The state of the named channel, and the position that it is good for.
    Snapshot(Box<(Arc<str>, Arc<str>, Position)>),
    /// Nothing more of the named channel comes.
    Ended(Box<(Arc<str>, End)>),
    /// The end; nothing comes after it.
    Bye(Bye),
}

impl Output {
    /// Its items, JSON.
    pub(crate) fn items(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let run = if let Self::Run(run) = self { run.entries() } else { &[] };
        run.iter().map(|(_, entry)| Cow::Borrowed(entry.item())).chain(self.own_item().map(|item| Cow::Owned(item.into())))
    }

    /// The item of all that is not an event.
    fn own_item(&self) -> Option<String> {
        Some(match self {
            Self::Gap(gap) => protocol::gap_item(&gap.0, &gap.1),
            Self::Heartbeat(position) => protocol::heartbeat_item(*position),
            Self::Snapshot(snapshot) => protocol::snapshot_item(&snapshot.0, &snapshot.1, snapshot.2),
            Self::Ended(ended) => protocol::end_item(&ended.0, ended.1),
            Self::Bye(bye) => protocol::bye_item(bye),
            Self::Run(_) | Self::Joined(..) => return None,
        })
    }

    /// Its items as WebSocket frames, events compressed as was agreed.
    pub(crate) fn frames(&self, agreed: Option<Agreed>, into: &mut Vec<Bytes>) {
        match self {
            Self::Run(run) => run.frames(agreed, into),
            _ => into.extend(self.own_item().map(|item| websocket::frame(Opcode::Text, item.as_bytes()))),
        }
    }

    /// Its items as SSE events, in chunks of an HTTP/1.1 body.
    #[cfg(feature = "serve")]
    pub(crate) fn chunks(&self, into: &mut Vec<Bytes>) {
        match self {
            Self::Run(run) => run.chunks(into),
            _ => into.extend(self.own_event().map(|event| protocol::chunk(&event).freeze())),
        }
    }

    /// Its items as SSE events.
    pub(crate) fn events(&self) -> Bytes {
        match self {
            Self::Run(run) => run.events(),
            _ => self.own_event().unwrap_or_default().freeze(),
        }
    }

    /// The SSE event of all that is not an event of the hub; a bye is preceded by its own `retry:`.
    fn own_event(&self) -> Option<BytesMut> {
        let mut event = BytesMut::new();
        let mut position = None;
        match self {
            Self::Bye(bye) => event.put_slice(protocol::sse_retry(bye.retry_ms).as_bytes()),
            Self::Heartbeat(at) => position = Some(*at),
            _ => {}
        }
        protocol::sse_event(&mut event, position, self.own_item()?.as_bytes());
        Some(event)
    }

    /// How many items it is.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Run(run) => run.entries().len(),
            Self::Joined(..) => 0,
            _ => 1,
        }
    }

    /// Its size on the wire, near enough to be counted.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Run(run) => run.bytes(),
            Self::Snapshot(snapshot) => snapshot.1.len() + 96,
            _ => 96,
        }
    }
}
