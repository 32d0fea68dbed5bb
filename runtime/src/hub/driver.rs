//! A few tasks that each poll many connections. Floor 6.
//!
//! A task of its own for each connection costs a scheduling for each delivery, and its state costs memory while it waits. Here a woken
//! connection is put on its driver's list, and the driver polls what is on the list, a bounded step at a time. Who is polled, and when,
//! is all that is decided here: a connection takes from the log by its own place, as under a task of its own.
//!
//! No code of an application runs in a driver: one that blocks would hold all.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::future::{Future as _, poll_fn};
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
pub(crate) struct Drivers(Mutex<Vec<(Id, Arc<Driver>)>>);

impl Drivers {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Polls it until it is over, by the driver of this runtime that has the least to do. Must be called in a runtime.
    pub(crate) fn drive(&self, driven: impl Driven) {
        self.choose().adopt(Box::new(driven));
    }

    /// As many drivers as the runtime has workers, so that each can be busy.
    fn choose(&self) -> Arc<Driver> {
        let runtime = Handle::current();
        let mut drivers = lock(&self.0);
        drivers.retain(|(_, driver)| !driver.over.load(Ordering::Acquire));
        let own = drivers.iter().filter(|(id, _)| *id == runtime.id());
        if own.clone().count() < runtime.metrics().num_workers() {
            let driver = Arc::new(Driver::new());
            // A driver bounds its own steps: tokio's budget is for one connection's work.
            runtime.spawn(unconstrained(run(Arc::clone(&driver))));
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
            driver.over.store(true, Ordering::Release);
            driver.task.wake();
        }
    }
}

/// What a driver's task shares with those that wake it.
struct Driver {
    /// Woken, not yet polled. The first that comes wakes the task.
    woken: Mutex<VecDeque<Arc<Member>>>,
    task: AtomicWaker,
    connections: AtomicUsize,
    /// Nothing is polled any more: its node or its runtime has ended.
    over: AtomicBool,
}

/// One that is driven.
struct Member {
    driver: Arc<Driver>,
    /// It is on the list of the woken.
    listed: AtomicBool,
    /// None once it is over.
    state: Mutex<Option<State>>,
}

struct State {
    driven: Box<dyn Driven>,
    waker: Waker,
    /// What its driver knows it by.
    number: u64,
    /// When its driver will poll it without being woken.
    noted: Option<Instant>,
}

impl Driver {
    fn new() -> Self {
        let (over, connections) = (AtomicBool::new(false), AtomicUsize::new(0));
        Self { woken: Mutex::new(VecDeque::new()), task: AtomicWaker::new(), connections, over }
    }

    fn adopt(self: &Arc<Self>, driven: Box<dyn Driven>) {
        let member = Arc::new(Member { driver: Arc::clone(self), listed: AtomicBool::new(true), state: Mutex::new(None) });
        let mut woken = lock(&self.woken);
        // Under the lock under which a driver that ends empties its list: whoever is on it is let go then.
        if self.over.load(Ordering::Acquire) {
            return;
        }
        let waker = Waker::from(Arc::clone(&member));
        *lock(&member.state) = Some(State { driven, waker, number: UNKNOWN, noted: None });
        self.connections.fetch_add(1, Relaxed);
        woken.push_back(member);
        drop(woken);
        self.task.wake();
    }
}

impl Wake for Member {
    fn wake(self: Arc<Self>) {
        if self.listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let driver = Arc::clone(&self.driver);
        let mut woken = lock(&driver.woken);
        if driver.over.load(Ordering::Acquire) {
            return;
        }
        let first = woken.is_empty();
        woken.push_back(self);
        drop(woken);
        if first {
            driver.task.wake();
        }
    }
}

/// What a driver's task keeps to itself.
struct Work {
    driver: Arc<Driver>,
    turn: Turn,
    /// Taken from the list of the woken, to be polled before any that is woken meanwhile.
    round: VecDeque<Arc<Member>>,
    members: HashMap<u64, Arc<Member>>,
    /// When to poll whom without being woken; what no longer holds is passed over.
    due: BinaryHeap<Reverse<(Instant, u64)>>,
    /// The number of the next member.
    next: u64,
}

/// The number of a member that was not polled yet.
const UNKNOWN: u64 = 0;

async fn run(driver: Arc<Driver>) {
    let turn = Turn { now: Instant::now(), batch: Batch::default(), pieces: Vec::new(), input: vec![0; INPUT_BYTES].into() };
    let (round, members, due) = (VecDeque::new(), HashMap::new(), BinaryHeap::new());
    let mut work = Work { driver: Arc::clone(&driver), turn, round, members, due, next: UNKNOWN + 1 };
    let mut timer = pin!(sleep_until(Instant::now()));
    while !driver.over.load(Ordering::Acquire) {
        if work.step() {
            yield_now().await;
            continue;
        }
        poll_fn(|cx| {
            // First the waker, then the look.
            driver.task.register(cx.waker());
            if driver.over.load(Ordering::Acquire) || !lock(&driver.woken).is_empty() {
                return Poll::Ready(());
            }
            let Some(Reverse((due, _))) = work.due.peek() else { return Poll::Pending };
            if timer.deadline() != *due {
                timer.as_mut().reset(*due);
            }
            timer.as_mut().poll(cx)
        })
        .await;
    }
}

impl Work {
    /// Polls a bounded number of those that are woken or due; says whether there are more.
    fn step(&mut self) -> bool {
        self.turn.now = Instant::now();
        self.call_due();
        if self.round.is_empty() {
            std::mem::swap(&mut self.round, &mut *lock(&self.driver.woken));
        }
        for _ in 0..STEP {
            let Some(member) = self.round.pop_front() else { break };
            self.poll(&member);
        }
        !self.round.is_empty() || !lock(&self.driver.woken).is_empty()
    }

    fn call_due(&mut self) {
        while let Some(Reverse((at, number))) = self.due.peek().copied().filter(|Reverse((at, _))| *at <= self.turn.now) {
            self.due.pop();
            let Some(member) = self.members.get(&number) else { continue };
            if let Some(state) = lock(&member.state).as_mut().filter(|state| state.noted == Some(at)) {
                state.noted = None;
                state.waker.wake_by_ref();
            }
        }
    }

    fn poll(&mut self, member: &Arc<Member>) {
        // Before it is polled: what wakes it from now on may be more than it sees.
        member.listed.store(false, Ordering::Release);
        let mut place = lock(&member.state);
        let Some(state) = place.as_mut() else { return };
        if state.number == UNKNOWN {
            state.number = self.next;
            self.next += 1;
            self.members.insert(state.number, Arc::clone(member));
        }
        self.turn.pieces.clear();
        let mut cx = Context::from_waker(&state.waker);
        let polled = catch_unwind(AssertUnwindSafe(|| state.driven.poll(&mut cx, &mut self.turn)));
        if let Ok(Poll::Pending) = polled {
            let due = state.driven.due();
            if let Some(due) = due.filter(|due| state.noted.is_none_or(|noted| *due < noted)) {
                state.noted = Some(due);
                self.due.push(Reverse((due, state.number)));
            }
            return;
        }
        if polled.is_err() {
            tracing::error!("a connection panicked, and ends; the others go on");
        }
        self.members.remove(&state.number);
        let state = place.take();
        drop(place);
        drop(state);
        self.driver.connections.fetch_sub(1, Relaxed);
    }
}

impl Drop for Work {
    /// A waker holds its member, and a member its waker: what is driven is let go by hand.
    fn drop(&mut self) {
        let woken = {
            let mut woken = lock(&self.driver.woken);
            self.driver.over.store(true, Ordering::Release);
            std::mem::take(&mut *woken)
        };
        for member in self.members.drain().map(|(_, member)| member).chain(self.round.drain(..)).chain(woken) {
            drop(lock(&member.state).take());
        }
    }
}

#[cfg(test)]
mod tests;
