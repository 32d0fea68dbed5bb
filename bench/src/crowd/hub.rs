//! Readers of a hub's channel.

use std::task::{Context, Poll};

use tokio::time::Instant;
use triwire::__bench::{Raw, Room, Taken};
use triwire::{Hub, Limits};

use super::Readers;
use crate::event::BenchEvent;

/// A reader behind a pointer and a virtual call, as every task and every connection is.
type Poller = Box<dyn FnMut(&mut Context<'_>, Instant, &mut Room) -> Poll<Taken>>;

/// See the module.
pub struct Raws {
    hub: Hub<BenchEvent>,
    readers: Vec<Poller>,
    room: Room,
    now: Instant,
}

impl Readers for Raws {
    fn new(readers: usize) -> Result<Self, String> {
        let hub = Hub::builder().limits(Limits { connections: readers, ..Limits::default() }).build();
        let connect = |_| {
            let mut raw = Raw::connect(&hub, "room:0").ok_or("the hub is full")?;
            Ok(Box::new(move |cx: &mut Context<'_>, now, room: &mut Room| raw.poll(cx, now, room)) as Poller)
        };
        let readers = (0..readers).map(connect).collect::<Result<_, String>>()?;
        Ok(Self { hub, readers, room: Room::default(), now: Instant::now() })
    }

    async fn publish(&mut self, event: BenchEvent) -> Result<(), String> {
        self.hub.publish(event).await.map(drop).map_err(|error| error.to_string())
    }

    fn step(&mut self) {
        self.now = Instant::now();
    }

    fn poll(&mut self, reader: usize, cx: &mut Context<'_>) -> u64 {
        let mut items = 0;
        while let Poll::Ready(taken) = self.readers[reader](cx, self.now, &mut self.room) {
            items += taken.items as u64;
            if !taken.more {
                break;
            }
        }
        items
    }
}
