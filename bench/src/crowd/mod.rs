//! Many readers of one process, without sockets: woken and polled as the hub's own drivers do it, whoever's they are.
//!
//! Whoever is woken stands on a list, once; they are polled in the order they came, so many in a row before other tasks go on. What is left
//! is what a wake-up and a delivery cost.

mod broadcast;
mod hub;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

use tokio::task::yield_now;

use crate::event::{BenchEvent, Publish};

pub use broadcast::Broadcast;
pub use hub::Raws;

/// As many as a driver polls before it lets other tasks go on.
const STEP: usize = 64;
/// Turns without a reader that is woken, after which what did not come is lost.
const PATIENCE: usize = 10_000;

/// Readers of one channel, and who publishes to them.
pub trait Readers {
    /// So many.
    ///
    /// # Errors
    /// When they cannot be had.
    fn new(readers: usize) -> Result<Self, String>
    where
        Self: Sized;

    /// Publishes it to all.
    fn publish(&mut self, event: BenchEvent) -> impl Future<Output = Result<(), String>>;

    /// Before so many are polled in a row.
    fn step(&mut self);

    /// Lets this reader take all there is, and says how many events that was. It is woken when there is more.
    fn poll(&mut self, reader: usize, cx: &mut Context<'_>) -> u64;
}

/// Readers, what wakes each, and what each got.
pub struct Crowd<R> {
    readers: R,
    members: Vec<(Arc<Member>, Waker)>,
    woken: Arc<Mutex<Vec<usize>>>,
    round: Vec<usize>,
    got: Vec<u64>,
    taken: u64,
    published: u64,
}

/// What wakes one reader.
struct Member {
    reader: usize,
    listed: AtomicBool,
    woken: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Member {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.listed.swap(true, Relaxed) {
            self.woken.lock().unwrap_or_else(PoisonError::into_inner).push(self.reader);
        }
    }
}

impl<R: Readers> Crowd<R> {
    /// So many readers, who wait: in the order they were made, or in any order. In any order one finds the next neither beside it in
    /// memory nor by the processor's foresight, as it is after a day of coming and going.
    ///
    /// # Errors
    /// When they cannot be had.
    pub fn new(readers: usize, any_order: bool) -> Result<Self, String> {
        let woken = Arc::new(Mutex::new(Vec::with_capacity(readers)));
        let members = (0..readers).map(|reader| {
            let member = Arc::new(Member { reader, listed: AtomicBool::new(false), woken: Arc::clone(&woken) });
            (Arc::clone(&member), Waker::from(member))
        });
        let (members, round) = (members.collect(), Vec::with_capacity(readers));
        let mut crowd = Self { readers: R::new(readers)?, members, woken, round, got: vec![0; readers], taken: 0, published: 0 };
        let mut order: Vec<usize> = (0..readers).collect();
        if any_order {
            shuffle(&mut order);
        }
        crowd.readers.step();
        order.into_iter().for_each(|reader| crowd.poll(reader));
        // What a reader is told when it begins is no event.
        crowd.got.fill(0);
        crowd.taken = 0;
        Ok(crowd)
    }

    /// How many readers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.got.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.got.is_empty()
    }

    /// So many events at once; returns when every reader has had them.
    ///
    /// # Errors
    /// When one is lost.
    pub async fn burst(&mut self, count: u64, bytes: usize) -> Result<(), String> {
        let events = Publish { room: 0, rooms: 1, first: self.published + 1, count, bytes, at: 0 }.events();
        for event in events {
            self.readers.publish(event).await?;
        }
        self.published += count;
        let (expected, mut idle) = (self.published * self.members.len() as u64, 0);
        while self.taken < expected || !self.round.is_empty() {
            yield_now().await;
            idle = if self.step() { 0 } else { idle + 1 };
            if idle > PATIENCE {
                return Err(format!("{} of {expected} deliveries never came", expected - self.taken));
            }
        }
        Ok(())
    }

    /// Polls a bounded number of those that are woken; says whether there were any.
    fn step(&mut self) -> bool {
        if self.round.is_empty() {
            std::mem::swap(&mut self.round, &mut self.woken.lock().unwrap_or_else(PoisonError::into_inner));
            // They are taken from the end.
            self.round.reverse();
        }
        self.readers.step();
        let row = self.round.split_off(self.round.len().saturating_sub(STEP));
        row.iter().rev().for_each(|reader| self.poll(*reader));
        !row.is_empty()
    }

    fn poll(&mut self, reader: usize) {
        let (member, waker) = &self.members[reader];
        // Before it is polled: what wakes it from now on may be more than it sees.
        member.listed.store(false, Relaxed);
        let taken = self.readers.poll(reader, &mut Context::from_waker(waker));
        self.got[reader] += taken;
        self.taken += taken;
    }

    /// Whether every reader got every event.
    ///
    /// # Errors
    /// When one did not.
    pub fn check(&self) -> Result<(), String> {
        match self.got.iter().position(|got| *got != self.published) {
            Some(reader) => Err(format!("reader {reader} got {} of {} events", self.got[reader], self.published)),
            None => Ok(()),
        }
    }
}

/// Brings them in an order that is the same each time and has no pattern (xorshift64, Marsaglia 2003).
pub fn shuffle<T>(items: &mut [T]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(at, usize::try_from(state % (at as u64 + 1)).expect("it is below a length"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<R: Readers>(any_order: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it is built");
        runtime.block_on(async {
            let mut crowd = Crowd::<R>::new(1_000, any_order).expect("there is room");
            for count in [1, 16, 3] {
                crowd.burst(count, 150).await.expect("nothing is lost");
            }
            crowd.check().expect("each has all");
            assert_eq!((crowd.published, crowd.taken), (20, 20_000));
            crowd.got[77] -= 1;
            crowd.check().expect_err("one has less");
        });
    }

    #[test]
    fn every_reader_of_either_gets_every_event() {
        for any_order in [false, true] {
            run::<Raws>(any_order);
            run::<Broadcast>(any_order);
        }
    }

    #[test]
    fn what_is_shuffled_is_all_there_and_elsewhere() {
        let mut items: Vec<usize> = (0..1_000).collect();
        shuffle(&mut items);
        assert!(items.iter().enumerate().filter(|(at, item)| at == *item).count() < 10);
        items.sort_unstable();
        assert!(items.iter().enumerate().all(|(at, item)| at == *item));
    }
}
