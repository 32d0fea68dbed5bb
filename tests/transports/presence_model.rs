//! People who come, go, reload and are put out at random, by every transport, and clients that are cut at random: at the end each client knows
//! who is in, by the lists and what it was told after them.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::watch;
use triwire::Limits;

use super::client::{Sse, Ws, poll, within};
use super::presence::{Place, PlaceChannel, hasty};

const PEOPLE: u64 = 8;
const CLIENTS: u64 = 9;
const ROUNDS: usize = 25;
const MARK: &str = "all is done";

/// Random enough, and the same every time.
struct Dice(u64);

impl Dice {
    fn new(number: u64) -> Self {
        Self(0x9e37_79b9 + number * 0x1234_5677)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    async fn pause(&mut self, most: u64) {
        tokio::time::sleep(Duration::from_millis(self.below(most))).await;
    }
}

/// A connection of somebody, which is held.
type Tab = Box<dyn Send>;

/// Comes and goes; every second stays at the end.
async fn person(place: &Place, number: u64) -> Vec<Tab> {
    let (mut dice, mut tabs, key) = (Dice::new(number), Vec::<Tab>::new(), format!("person{number}"));
    let query = format!("channel=room:tea&user={key}");
    for _ in 0..ROUNDS {
        match dice.below(6) {
            0 | 1 => tabs.push(Box::new(Sse::open(place.address, &query).await)),
            2 => tabs.push(Box::new(Ws::open(place.address, &query).await)),
            3 => drop(poll(place.address, &query).await),
            4 => tabs.truncate(usize::try_from(dice.below(2)).expect("few")),
            _ => {
                within(place.hub.revoke(&key, &PlaceChannel::room("tea"))).await;
                tabs.clear();
            }
        }
        dice.pause(40).await;
    }
    tabs.clear();
    if number.is_multiple_of(2) {
        tabs.push(Box::new(Ws::open(place.address, &query).await));
    }
    tabs
}

/// What a client knows.
#[derive(Default)]
struct Known {
    names: Option<BTreeSet<String>>,
    count: Option<u64>,
    marked: bool,
}

impl Known {
    fn hear(&mut self, item: &Value) {
        self.marked |= item["event"]["text"] == MARK;
        let presence = &item["presence"];
        if !presence.is_object() {
            return;
        }
        self.count = presence["count"].as_u64();
        if let Some(joined) = presence["joined"].as_str() {
            self.names.as_mut().map(|names| names.insert(joined.to_owned()));
        } else if let Some(left) = presence["left"].as_str() {
            self.names.as_mut().map(|names| names.remove(left));
        } else {
            let here = presence["here"].as_array();
            self.names = here.map(|here| here.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect());
        }
    }
}

/// Reads, is cut, and comes back, until it is over; then it stays until it has read everything and knows this.
async fn client(place: &Place, number: u64, over: watch::Receiver<Option<(BTreeSet<String>, bool)>>) {
    let (mut dice, mut known, query) = (Dice::new(1_000 + number), Known::default(), "channel=room:tea&snapshot=1");
    let done = |known: &Known, over: &watch::Receiver<Option<(BTreeSet<String>, bool)>>| {
        let over = over.borrow();
        over.as_ref().is_some_and(|(truth, is_listed)| {
            let names = if *is_listed { known.names.as_ref() == Some(truth) } else { known.names.is_none() };
            known.marked && names && known.count == Some(truth.len() as u64)
        })
    };
    while !done(&known, &over) {
        let is_over = over.borrow().is_some();
        let patience = Duration::from_millis(if is_over { 10_000 } else { 20 + dice.below(200) });
        // What it knew, it knows no longer: the list comes first.
        known.names = None;
        let reading = async {
            match number % 3 {
                0 => {
                    let (position, items) = poll(place.address, query).await;
                    items.iter().for_each(|item| known.hear(item));
                    let (_, items) = poll(place.address, &format!("{query}&since={position}&wait=1")).await;
                    items.iter().for_each(|item| known.hear(item));
                    // Its list is as of its answer, and the mark may have been before.
                    known.marked |= is_over;
                }
                1 => {
                    let mut sse = Sse::open(place.address, query).await;
                    while !done(&known, &over) {
                        known.hear(&sse.item().await.json());
                    }
                }
                _ => {
                    let mut ws = Ws::open(place.address, query).await;
                    while !done(&known, &over) {
                        known.hear(&ws.json().await);
                    }
                }
            }
        };
        let is_cut = tokio::time::timeout(patience, reading).await.is_err();
        assert!(!(is_cut && is_over), "a client does not come to know who is in: {:?}, {:?}", known.names, known.count);
    }
}

async fn model(limits: Limits) {
    let listed = limits.presence_listed;
    let place = Place::new(limits).await;
    let (tell, over) = watch::channel(None);
    let clients = join_all((0..CLIENTS).map(|number| client(&place, number, over.clone())));
    let people = async {
        let _tabs = join_all((0..PEOPLE).map(|number| person(&place, number))).await;
        let stay: BTreeSet<String> =
            (0..PEOPLE).filter(|number| number.is_multiple_of(2)).map(|number| format!("person{number}")).collect();
        place.until("tea", stay.len()).await;
        let is_listed = stay.len() <= listed;
        if is_listed {
            assert_eq!(place.hub.presence(&PlaceChannel::room("tea")).here, Some(stay.iter().cloned().collect()));
        }
        tell.send_replace(Some((stay, is_listed)));
        // For clients that come back meanwhile, too.
        loop {
            place.say("tea", MARK).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let all = async {
        tokio::select! {
            _ = clients => {}
            () = people => {}
        }
    };
    tokio::time::timeout(Duration::from_secs(120), all).await.expect("each client comes to know who is in");
}

#[tokio::test]
async fn lists_and_what_is_told_after_them_are_who_is_in() {
    model(hasty()).await;
}

#[tokio::test]
async fn so_they_are_where_there_are_sometimes_too_many_to_name() {
    model(Limits { presence_listed: 4, ..hasty() }).await;
}

#[tokio::test]
async fn and_where_there_always_are() {
    model(Limits { presence_listed: 2, ..hasty() }).await;
}
