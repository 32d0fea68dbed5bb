//! A few tasks that each poll many connections. Floor 6.
//!
//! A task of its own for each connection costs a scheduling for each delivery, and its state costs memory while it waits. Here a woken
//! connection is put on its driver's list, and the driver polls what is on the list, a bounded step at a time. Who is polled, and when,
//! is all that is decided here: a connection takes from the log by its own place, as under a task of its own.
//!
//! No code of an application runs in a driver: one that blocks would hold all.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::{Future as _, poll_fn};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::runtime::{Handle, Id};
use tokio::task::coop::unconstrained;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use crate::connection::Batch;
use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// Connections that a driver polls before it lets other tasks go on: some 200 µs of writing.
const STEP: usize = 64;
/// What is read from a socket at once: of this buffer there is one a driver, none a connection.
const INPUT_BYTES: usize = 16 << 10;

/// What a driver polls: a future that is handed the time and room to work in, and says when it is due without being woken.
pub(crate) trait Driven: Send + 'static {
    /// Ready when it is over.
    fn poll(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()>;

    /// When it wants to be polled at the latest.
    fn due(&self) -> Option<Instant>;

    /// Looks at what a poll will look at first, and gives something of it.
    fn touch(&self) -> usize {
        0
    }
}

/// What a driver lends to each that it polls.
pub(crate) struct Turn {
    /// Now, as of the step's beginning.
    pub(crate) now: Instant,
    /// Room for what goes out.
    pub(crate) batch: Batch,
    /// Room for the bytes of it.
    pub(crate) pieces: Vec<Bytes>,
    /// Room for what comes in.
    pub(crate) input: Box<[u8]>,
}

/// The drivers of one node.
pub(crate) struct Drivers(Mutex<Vec<(Id, Arc<Shared>)>>);

impl Drivers {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Polls it until it is over, by the driver of this runtime that has the least to do. Must be called in a runtime.
    pub(crate) fn drive(&self, driven: impl Driven) {
        self.choose().adopt(Box::new(driven));
    }

    /// As many drivers as the runtime has workers, so that each can be busy.
    fn choose(&self) -> Arc<Shared> {
        let runtime = Handle::current();
        let mut drivers = lock(&self.0);
        drivers.retain(|(_, driver)| !driver.over.load(Ordering::Acquire));
        let own = drivers.iter().filter(|(id, _)| *id == runtime.id());
        if own.clone().count() < runtime.metrics().num_workers() {
            let driver = Arc::new(Shared::new());
            // A driver bounds its own steps: tokio's budget is for one connection's work.
            runtime.spawn(unconstrained(Driver::new(Arc::clone(&driver)).run()));
            drivers.push((runtime.id(), Arc::clone(&driver)));
            return driver;
        }
        let least = own.min_by_key(|(_, driver)| driver.connections.load(Relaxed));
        Arc::clone(&least.expect("a runtime has a worker").1)
    }
}

impl Drop for Drivers {
    fn drop(&mut self) {
        for (_, driver) in lock(&self.0).drain(..) {
            drop(driver.end());
            driver.task.wake();
        }
    }
}

/// What a driver's task shares with those that give it work.
struct Shared {
    work: Mutex<Given>,
    task: AtomicWaker,
    connections: AtomicUsize,
    /// Nothing is polled any more: its node or its runtime has ended. Set under the lock of `work`.
    over: AtomicBool,
}

/// What came since the task looked. The first that comes wakes the task.
#[derive(Default)]
struct Given {
    woken: VecDeque<usize>,
    new: Vec<Box<dyn Driven>>,
}

impl Shared {
    fn new() -> Self {
        let (over, connections) = (AtomicBool::new(false), AtomicUsize::new(0));
        Self { work: Mutex::new(Given::default()), task: AtomicWaker::new(), connections, over }
    }

    fn give(&self, put: impl FnOnce(&mut Given)) {
        let mut given = lock(&self.work);
        if self.over.load(Ordering::Acquire) {
            return;
        }
        let first = given.woken.is_empty() && given.new.is_empty();
        put(&mut given);
        drop(given);
        if first {
            self.task.wake();
        }
    }

    fn adopt(&self, driven: Box<dyn Driven>) {
        self.connections.fetch_add(1, Relaxed);
        self.give(|given| given.new.push(driven));
    }

    fn end(&self) -> Given {
        let mut given = lock(&self.work);
        self.over.store(true, Ordering::Release);
        std::mem::take(&mut *given)
    }

    fn has_work(&self) -> bool {
        let given = lock(&self.work);
        !given.woken.is_empty() || !given.new.is_empty() || self.over.load(Ordering::Acquire)
    }
}

/// What wakes one that is driven.
struct Member {
    driver: Arc<Shared>,
    /// Its place among the driver's slots. Another may have it already: that one is then polled for nothing.
    slot: usize,
    /// It is on the list of the woken.
    listed: AtomicBool,
}

impl Wake for Member {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.listed.swap(true, Ordering::AcqRel) {
            self.driver.give(|given| given.woken.push_back(self.slot));
        }
    }
}

/// One that is driven.
struct Slot {
    driven: Box<dyn Driven>,
    member: Arc<Member>,
    waker: Waker,
    /// When it will be polled without being woken.
    noted: Option<Instant>,
}

/// A driver's task.
struct Driver {
    shared: Arc<Shared>,
    turn: Turn,
    /// Woken, to be polled before any that is woken meanwhile.
    round: VecDeque<usize>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    /// When to poll whom without being woken; what no longer holds is passed over.
    due: BinaryHeap<Reverse<(Instant, usize)>>,
}

impl Driver {
    fn new(shared: Arc<Shared>) -> Self {
        let turn = Turn { now: Instant::now(), batch: Batch::default(), pieces: Vec::new(), input: vec![0; INPUT_BYTES].into() };
        Self { shared, turn, round: VecDeque::new(), slots: Vec::new(), free: Vec::new(), due: BinaryHeap::new() }
    }

    async fn run(mut self) {
        let mut timer = pin!(sleep_until(self.turn.now));
        while !self.shared.over.load(Ordering::Acquire) {
            if self.step() {
                yield_now().await;
                continue;
            }
            poll_fn(|cx| {
                // First the waker, then the look.
                self.shared.task.register(cx.waker());
                if self.shared.has_work() {
                    return Poll::Ready(());
                }
                let Some(Reverse((due, _))) = self.due.peek() else { return Poll::Pending };
                if timer.deadline() != *due {
                    timer.as_mut().reset(*due);
                }
                timer.as_mut().poll(cx)
            })
            .await;
        }
    }

    /// Polls a bounded number of those that are woken or due; says whether there are more.
    fn step(&mut self) -> bool {
        self.turn.now = Instant::now();
        if self.round.is_empty() {
            self.take();
        }
        self.call_due();
        // Most of a poll that writes little is waiting for memory, one line after another; here the processor asks for those of all at once.
        let ahead = self.round.iter().take(STEP).filter_map(|slot| self.slots[*slot].as_ref());
        black_box(ahead.map(|slot| slot.driven.touch()).fold(0, usize::wrapping_add));
        for _ in 0..STEP {
            let Some(slot) = self.round.pop_front() else { break };
            self.poll(slot);
        }
        !self.round.is_empty() || self.shared.has_work()
    }

    /// Takes what was given.
    fn take(&mut self) {
        let new = {
            let mut given = lock(&self.shared.work);
            std::mem::swap(&mut self.round, &mut given.woken);
            std::mem::take(&mut given.new)
        };
        for driven in new {
            let slot = self.free.pop().unwrap_or_else(|| {
                self.slots.push(None);
                self.slots.len() - 1
            });
            let member = Arc::new(Member { driver: Arc::clone(&self.shared), slot, listed: AtomicBool::new(true) });
            let waker = Waker::from(Arc::clone(&member));
            self.slots[slot] = Some(Slot { driven, member, waker, noted: None });
            self.round.push_back(slot);
        }
    }

    fn call_due(&mut self) {
        while let Some(Reverse((at, slot))) = self.due.peek().copied().filter(|Reverse((at, _))| *at <= self.turn.now) {
            self.due.pop();
            let noted = self.slots[slot].as_mut().filter(|slot| slot.noted == Some(at));
            if let Some(due) = noted {
                due.noted = None;
                if !due.member.listed.swap(true, Ordering::AcqRel) {
                    self.round.push_back(slot);
                }
            }
        }
    }

    fn poll(&mut self, at: usize) {
        let Some(slot) = &mut self.slots[at] else { return };
        // Before it is polled: what wakes it from now on may be more than it sees.
        slot.member.listed.store(false, Ordering::Release);
        self.turn.pieces.clear();
        let mut cx = Context::from_waker(&slot.waker);
        let polled = catch_unwind(AssertUnwindSafe(|| slot.driven.poll(&mut cx, &mut self.turn)));
        if let Ok(Poll::Pending) = polled {
            if let Some(due) = slot.driven.due().filter(|due| slot.noted.is_none_or(|noted| *due < noted)) {
                slot.noted = Some(due);
                self.due.push(Reverse((due, at)));
            }
            return;
        }
        if polled.is_err() {
            tracing::error!("a connection panicked, and ends; the others go on");
        }
        self.slots[at] = None;
        self.free.push(at);
        self.shared.connections.fetch_sub(1, Relaxed);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.shared.end());
    }
}

#[cfg(test)]
mod tests;
