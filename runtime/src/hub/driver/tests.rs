use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::*;

/// One that counts its polls, wakes itself so often, and may panic or end.
struct Counted {
    polls: Arc<AtomicUsize>,
    again: usize,
    end: Option<fn() -> Poll<()>>,
    due: Option<Instant>,
    /// Held by it alone: gone when it is.
    _held: Arc<()>,
}

impl Driven for Counted {
    fn poll(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        self.polls.fetch_add(1, Relaxed);
        self.due = self.due.filter(|due| *due > turn.now);
        if self.again > 0 {
            self.again -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.end.map_or(Poll::Pending, |end| end())
    }

    fn due(&self) -> Option<Instant> {
        self.due
    }
}

struct Counting {
    polls: Arc<AtomicUsize>,
    held: Arc<()>,
}

impl Counting {
    fn new() -> Self {
        Self { polls: Arc::default(), held: Arc::default() }
    }

    fn counted(&self) -> Counted {
        Counted { polls: self.polls.clone(), again: 0, end: None, due: None, _held: self.held.clone() }
    }

    fn polls(&self) -> usize {
        self.polls.load(Relaxed)
    }

    fn driven(&self) -> usize {
        Arc::strong_count(&self.held) - 1
    }
}

/// Lets the drivers do all that they can do now.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn it_is_polled_once_and_then_only_when_woken() {
    let (drivers, counting) = (Drivers::new(), Counting::new());
    drivers.drive(Counted { again: 3, ..counting.counted() });
    settle().await;
    assert_eq!((counting.polls(), counting.driven()), (4, 1));
}

#[tokio::test]
async fn what_is_over_is_let_go() {
    let (drivers, counting) = (Drivers::new(), Counting::new());
    drivers.drive(Counted { end: Some(|| Poll::Ready(())), ..counting.counted() });
    settle().await;
    assert_eq!((counting.polls(), counting.driven()), (1, 0));
}

#[tokio::test]
async fn a_panic_ends_one_and_the_others_go_on() {
    let (drivers, counting) = (Drivers::new(), Counting::new());
    drivers.drive(Counted { end: Some(|| panic!("of a test")), ..counting.counted() });
    drivers.drive(Counted { again: 5, ..counting.counted() });
    settle().await;
    assert_eq!((counting.polls(), counting.driven()), (7, 1));
}

#[tokio::test(start_paused = true)]
async fn it_is_polled_when_it_is_due_and_an_earlier_time_holds() {
    let (drivers, counting) = (Drivers::new(), Counting::new());
    let in_seconds = |seconds| Some(Instant::now() + Duration::from_secs(seconds));
    drivers.drive(Counted { due: in_seconds(20), ..counting.counted() });
    drivers.drive(Counted { due: in_seconds(10), ..counting.counted() });
    settle().await;
    for (seconds, polls) in [(9, 2), (2, 3), (8, 3), (2, 4), (60, 4)] {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        settle().await;
        assert_eq!(counting.polls(), polls);
    }
}

#[tokio::test]
async fn one_that_is_always_woken_keeps_neither_its_neighbours_nor_other_tasks_waiting() {
    let (drivers, busy, counting) = (Drivers::new(), Counting::new(), Counting::new());
    (0..2 * STEP).for_each(|_| drivers.drive(Counted { again: usize::MAX, ..busy.counted() }));
    drivers.drive(Counted { again: 10, ..counting.counted() });
    settle().await;
    assert_eq!(counting.polls(), 11);
    let (fewest, most) = (100 * STEP / 2, 101 * STEP);
    assert!((fewest..=most).contains(&busy.polls()), "{} polls in a hundred steps", busy.polls());
}

#[tokio::test]
async fn without_a_node_its_drivers_end() {
    let (drivers, counting) = (Drivers::new(), Counting::new());
    (0..3).for_each(|_| drivers.drive(counting.counted()));
    settle().await;
    drop(drivers);
    settle().await;
    assert_eq!(counting.driven(), 0);
}

#[test]
fn a_runtime_that_ends_lets_go_of_all_and_another_goes_on() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it is built");
    let (drivers, counting) = (Drivers::new(), Counting::new());
    let first = runtime();
    first.block_on(async {
        drivers.drive(counting.counted());
        settle().await;
        // Adopted, and never polled.
        drivers.drive(counting.counted());
    });
    drop(first);
    assert_eq!(counting.driven(), 0);
    runtime().block_on(async {
        drivers.drive(counting.counted());
        settle().await;
        assert_eq!(counting.driven(), 1);
    });
}
