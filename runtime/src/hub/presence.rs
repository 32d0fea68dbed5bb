//! Who is in the channels of this node: who comes and goes is told by the channel, and a task looks at those where time alone changes something.
//! Floor 6.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::node::{Node, WAKE_BATCH, now};
use super::sweep::SWEEP_BATCH;
use crate::channel::{Attended, Channel};
use crate::head::Word;
use crate::presence::Present;
use crate::protocol::Presence;
use crate::sync::{Mutex, lock};

/// The channels to be looked at, each once, and whether a task does.
#[derive(Default)]
pub(super) struct Reminders {
    due: Mutex<Due>,
    /// Something is due before what the task waits for.
    earlier: Notify,
}

#[derive(Default)]
struct Due {
    queue: BTreeSet<(Instant, Arc<str>)>,
    times: HashMap<Arc<str>, Instant>,
    running: bool,
}

impl Due {
    /// Looks at the channel then, unless it is looked at before; says whether it is the first of all.
    fn add(&mut self, channel: &Arc<str>, at: Instant) -> bool {
        if let Some(before) = self.times.get(channel).copied() {
            if before <= at {
                return false;
            }
            self.queue.remove(&(before, channel.clone()));
        }
        self.times.insert(channel.clone(), at);
        self.queue.insert((at, channel.clone()));
        self.queue.first().is_some_and(|(first, _)| *first == at)
    }

    fn take(&mut self, now: Instant) -> Option<Arc<str>> {
        self.queue.first().filter(|(at, _)| *at <= now)?;
        let (_, channel) = self.queue.pop_first()?;
        self.times.remove(&channel);
        Some(channel)
    }
}

/// What the next step is.
enum Step {
    Look(Arc<str>),
    Wait(Instant),
    /// Nothing is due, and the task is no more.
    Over,
}

/// That a task runs. A runtime that ends drops it, and then another is started when something is due next.
struct Running {
    reminders: Arc<Reminders>,
    /// Another may run already.
    over: bool,
}

impl Running {
    fn next(&mut self) -> Step {
        let mut due = lock(&self.reminders.due);
        if let Some(channel) = due.take(Instant::now()) {
            return Step::Look(channel);
        }
        if let Some((at, _)) = due.queue.first() {
            return Step::Wait(*at);
        }
        // Under the lock: what is due from now on finds that nobody waits for it.
        (due.running, self.over) = (false, true);
        Step::Over
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over {
            lock(&self.reminders.due).running = false;
        }
    }
}

impl Node {
    /// A connection of somebody is in the channel.
    pub(super) fn enter(&self, channel: &Arc<Channel>, key: &str, connection: usize) {
        self.attend(channel, |present, now| present.enter(key, connection, now));
    }

    /// It is not any more. Whoever has no other is gone after the debounce.
    pub(super) fn absent(&self, channel: &Arc<Channel>, key: &str, connection: usize) {
        self.attend(channel, |present, now| {
            present.leave(key, connection, now);
            None
        });
    }

    /// The same of somebody who is put out: whoever has no other is gone at once.
    pub(super) fn put_out(&self, channel: &Arc<Channel>, key: &str, connections: &[usize]) {
        self.attend(channel, |present, now| present.put_out(key, connections, now));
    }

    /// Puts these connections out of what is taken from them, before they have heard of it.
    pub(super) async fn put_out_of(&self, word: &Word, key: &str, connections: &[usize]) {
        if self.presences.is_none() {
            return;
        }
        match word {
            Word::Revoked(name) => {
                if let Some(channel) = self.table.get(name) {
                    self.put_out(&channel, key, connections);
                    self.release(channel);
                }
            }
            Word::Disconnected => {
                for (looked, channel) in self.table.shards().flatten().enumerate() {
                    self.put_out(&channel, key, connections);
                    self.release(channel);
                    if looked % SWEEP_BATCH == SWEEP_BATCH - 1 {
                        tokio::task::yield_now().await;
                    }
                }
            }
        }
    }

    /// Who is in the channel of this name.
    pub(super) fn presence(&self, name: &str) -> Presence {
        self.table.get(name).and_then(|channel| channel.presence()).unwrap_or_else(|| Presence::here(Some(Vec::new()), 0))
    }

    fn attend<Told: IntoIterator<Item = Presence>>(
        &self,
        channel: &Arc<Channel>,
        change: impl FnOnce(&mut Present, std::time::Instant) -> Told,
    ) {
        if !channel.has_presence() {
            return;
        }
        let time = Instant::now().into_std();
        let Attended { grown, waited_for, due } = channel.attend(&self.head, now(), |present| change(present, time));
        self.grown(grown);
        if waited_for {
            drop(self.wake(channel.clone()));
        }
        if let Some(due) = due {
            self.remind(channel.name(), due.into());
        }
    }

    /// Has the channel looked at then.
    fn remind(&self, channel: &Arc<str>, at: Instant) {
        let mut due = lock(&self.reminders.due);
        if due.add(channel, at) {
            self.reminders.earlier.notify_one();
        }
        if due.running {
            return;
        }
        let Some(runtime) = Handle::try_current().ok().or_else(|| self.runtime.get().cloned()) else { return };
        due.running = true;
        drop(due);
        let (node, mut running) = (self.this.clone(), Running { reminders: self.reminders.clone(), over: false });
        runtime.spawn(async move {
            let mut looked = 0;
            loop {
                match running.next() {
                    Step::Look(name) => {
                        let Some(node) = node.upgrade() else { return };
                        node.look_at(&name);
                        looked += 1;
                        if looked % WAKE_BATCH == 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                    Step::Wait(at) => drop(timeout_at(at, running.reminders.earlier.notified()).await),
                    Step::Over => return,
                }
            }
        });
    }

    /// Those who are gone by now leave the channel.
    fn look_at(&self, name: &str) {
        if let Some(channel) = self.table.get(name) {
            self.attend(&channel, Present::tick);
            self.release(channel);
        }
    }
}

#[cfg(test)]
mod tests;
