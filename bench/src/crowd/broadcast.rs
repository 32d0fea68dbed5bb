//! Receivers of `tokio::sync::broadcast`, each read by a loop of its own, as one writes it.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;

use bytes::Bytes;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::task::coop::unconstrained;

use super::Readers;
use crate::event::BenchEvent;

/// More than any burst: nothing is lost here.
const CAPACITY: usize = 64;

/// See the module.
pub struct Broadcast {
    sender: Sender<Bytes>,
    readers: Vec<Pin<Box<dyn Future<Output = ()>>>>,
    got: Rc<Cell<u64>>,
}

impl Readers for Broadcast {
    fn new(readers: usize) -> Result<Self, String> {
        let (sender, _) = channel(CAPACITY);
        let got = Rc::default();
        // Who polls bounds its own steps: tokio's budget is for one task's work.
        let reader = |_| Box::pin(unconstrained(read(sender.subscribe(), Rc::clone(&got)))) as Pin<Box<dyn Future<Output = ()>>>;
        let readers = (0..readers).map(reader).collect();
        Ok(Self { sender, readers, got })
    }

    async fn publish(&mut self, event: BenchEvent) -> Result<(), String> {
        self.sender.send(event.json().into()).map(drop).map_err(|error| error.to_string())
    }

    fn step(&mut self) {}

    fn poll(&mut self, reader: usize, cx: &mut Context<'_>) -> u64 {
        // It ends when the sender does: not here.
        let _ = self.readers[reader].as_mut().poll(cx);
        self.got.take()
    }
}

/// Takes what comes. Where it is overtaken it ends, and its events are missing in the count.
async fn read(mut receiver: Receiver<Bytes>, got: Rc<Cell<u64>>) {
    while let Ok(event) = receiver.recv().await {
        got.set(got.get() + u64::from(!event.is_empty()));
    }
}
