//! The default broker: one process, and no store but the channels' own logs. A restart is a new epoch. Floor 3.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Answer, Broker, Delivery, Mark, Publication, Record, Sink, Tail, Wake};
use crate::error::{BrokerError, PublishError};
use crate::forgotten::Forgotten;
use crate::position::{Epoch, Position};

/// Orders the events of one process.
#[derive(Debug)]
pub struct Memory {
    epoch: Epoch,
    sink: OnceLock<Sink>,
    /// The newest offset. Held over the delivery, so that events enter their logs in the order of their offsets;
    /// readers are woken after it.
    sequence: Mutex<u64>,
    /// A lock of its own: `detach` comes while the hub holds its table, which a delivery (under `sequence`) asks for.
    forgotten: Mutex<Forgotten>,
}

impl Memory {
    /// A new store, with an epoch of its own, that remembers the last offset of so many forgotten channels.
    #[must_use]
    pub fn new(remembered_channels: usize) -> Self {
        Self {
            epoch: Epoch::random(),
            sink: OnceLock::new(),
            sequence: Mutex::new(0),
            forgotten: Mutex::new(Forgotten::new(remembered_channels)),
        }
    }

    fn deliver(&self, publication: Publication) -> Option<Position> {
        let Publication { channel, volatile, at, event, cause, audience } = publication;
        let sink = self.sink.get()?;
        let mut newest = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = (!volatile).then_some(*newest + 1);
        let wake = sink.deliver(Delivery::Entry { channel, record: Record { offset, at, event, cause, audience } });
        *newest = offset.unwrap_or(*newest);
        drop(newest);
        drop(wake);
        offset.map(|offset| Position { epoch: self.epoch, offset })
    }
}

impl Broker for Memory {
    fn open(&self, sink: Sink) -> Answer<'_, Result<Epoch, BrokerError>> {
        let opened = self.sink.set(sink).map(|()| self.epoch).map_err(|_| BrokerError("a memory broker serves one hub".into()));
        Box::pin(std::future::ready(opened))
    }

    fn publish(&self, publication: Publication) -> Answer<'_, Result<Option<Position>, PublishError>> {
        Box::pin(std::future::ready(Ok(self.deliver(publication))))
    }

    fn attach(&self, _: Arc<str>) -> Answer<'_, Result<(), BrokerError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn detach(&self, channel: &Arc<str>, dropped: u64) {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).insert(channel, dropped);
    }

    fn read(&self, channel: Arc<str>) -> Answer<'_, Result<Tail, BrokerError>> {
        let dropped = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).take(&channel);
        Box::pin(std::future::ready(Ok(Tail { epoch: self.epoch, entries: Vec::new(), dropped })))
    }

    fn mark(&self, ticket: u64) {
        let Some(sink) = self.sink.get() else { return };
        let newest = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        let wake: Wake = sink.deliver(Delivery::Mark(Mark { ticket, offset: *newest }));
        drop(newest);
        drop(wake);
    }

    fn keeps_nothing(&self) -> bool {
        true
    }
}
