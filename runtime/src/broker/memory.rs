//! The default broker: one process, and no store but the channels' own logs. A restart is a new epoch. Floor 3.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Answer, Broker, Delivery, Mark, Publication, Record, Sink, Tail, Wake};
use crate::error::{BrokerError, PublishError, Refusal};
use crate::forgotten::Forgotten;
use crate::position::{Epoch, Position};

/// Orders the events of one process.
#[derive(Debug)]
pub struct Memory {
    epoch: Epoch,
    sink: OnceLock<Sink>,
    /// Held over the delivery, so that events enter their logs in the order of their offsets; readers are woken after it.
    sequence: Mutex<Sequence>,
    /// A lock of its own: `detach` comes while the hub holds its table, which a delivery (under `sequence`) asks for.
    forgotten: Mutex<Forgotten>,
}

#[derive(Debug)]
struct Sequence {
    newest: u64,
    /// The offsets of the events that ended their channels: nothing comes behind them.
    ended: Forgotten,
}

impl Memory {
    /// A new store, with an epoch of its own, that remembers the last offset of so many forgotten channels, and so many ends.
    #[must_use]
    pub fn new(remembered_channels: usize) -> Self {
        Self {
            epoch: Epoch::random(),
            sink: OnceLock::new(),
            sequence: Mutex::new(Sequence { newest: 0, ended: Forgotten::new(remembered_channels) }),
            forgotten: Mutex::new(Forgotten::new(remembered_channels)),
        }
    }

    fn deliver(&self, publication: Publication) -> Result<Option<Position>, PublishError> {
        let Publication { channel, volatile, at, event, cause, audience, latest, ends } = publication;
        let Some(sink) = self.sink.get() else { return Ok(None) };
        let mut sequence = self.sequence();
        if sequence.ended.get(&channel).is_some() {
            return Err(Refusal::Ended.into());
        }
        let offset = (!volatile).then_some(sequence.newest + 1);
        if let (Some(offset), true) = (offset, ends) {
            sequence.ended.insert(&channel, offset);
        }
        let wake = sink.deliver(Delivery::Entry { channel, record: Record { offset, at, event, cause, audience, latest, ends } });
        sequence.newest = offset.unwrap_or(sequence.newest);
        drop(sequence);
        drop(wake);
        Ok(offset.map(|offset| Position { epoch: self.epoch, offset }))
    }

    fn sequence(&self) -> MutexGuard<'_, Sequence> {
        self.sequence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker for Memory {
    fn open(&self, sink: Sink) -> Answer<'_, Result<Epoch, BrokerError>> {
        let opened = self.sink.set(sink).map(|()| self.epoch).map_err(|_| BrokerError("a memory broker serves one hub".into()));
        Box::pin(std::future::ready(opened))
    }

    fn publish(&self, publication: Publication) -> Answer<'_, Result<Option<Position>, PublishError>> {
        Box::pin(std::future::ready(self.deliver(publication)))
    }

    fn attach(&self, _: Arc<str>) -> Answer<'_, Result<(), BrokerError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn detach(&self, channel: &Arc<str>, dropped: u64) {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).insert(channel, dropped);
    }

    fn read(&self, channel: Arc<str>) -> Answer<'_, Result<Tail, BrokerError>> {
        let dropped = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).take(&channel);
        let ended = self.sequence().ended.get(&channel).unwrap_or(0);
        Box::pin(std::future::ready(Ok(Tail { epoch: self.epoch, entries: Vec::new(), ended, dropped })))
    }

    fn mark(&self, ticket: u64) {
        let Some(sink) = self.sink.get() else { return };
        let sequence = self.sequence();
        let wake: Wake = sink.deliver(Delivery::Mark(Mark { ticket, offset: sequence.newest }));
        drop(sequence);
        drop(wake);
    }

    fn keeps_nothing(&self) -> bool {
        true
    }
}
