//! Connections that HTTP has let go of, and that are the server's all the same: at its end it waits for them, and cuts what remains.

use std::sync::Arc;
use std::task::Context;

use tokio::sync::Notify;

use crate::head::Seat;
use crate::subscribers::Subscribers;
use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// Those of one server.
#[derive(Debug)]
pub(crate) struct LetGo {
    open: Mutex<Subscribers<Arc<Seat>>>,
    cut: AtomicBool,
    none: Notify,
}

/// One of them, until this is dropped.
pub(crate) struct Hold {
    all: Arc<LetGo>,
    seat: Arc<Seat>,
    slot: usize,
    seated: bool,
}

impl LetGo {
    pub(crate) fn new() -> Self {
        Self { open: Mutex::new(Subscribers::new()), cut: AtomicBool::new(false), none: Notify::new() }
    }

    /// One more.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        let seat = Arc::new(Seat::default());
        let mut open = lock(&self.open);
        let slot = open.insert(Arc::clone(&seat));
        open.wait(slot);
        Hold { all: Arc::clone(self), seat, slot, seated: false }
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.open).len()
    }

    /// Waits for the end of all.
    pub(crate) async fn ended(&self) {
        loop {
            let none = self.none.notified();
            if self.len() == 0 {
                return;
            }
            none.await;
        }
    }

    /// Ends all: those that are here, and those that come.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        let seats = {
            let mut open = lock(&self.open);
            open.call();
            open.take_called(usize::MAX)
        };
        seats.iter().for_each(|seat| seat.wake());
    }
}

impl Hold {
    /// Whether it is cut. If not, the task is woken when it is: a driver wakes by one and the same waker, so the first is enough.
    pub(crate) fn is_cut(&mut self, cx: &Context<'_>) -> bool {
        // First the seat, then the look.
        if !std::mem::replace(&mut self.seated, true) {
            self.seat.register(cx.waker());
        }
        self.all.cut.load(Ordering::Acquire)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut open = lock(&self.all.open);
        open.remove(self.slot);
        if open.len() == 0 {
            self.all.none.notify_waiters();
        }
    }
}
