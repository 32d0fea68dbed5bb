use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const DEBOUNCE: Duration = Duration::from_millis(500);

fn present(listed: usize) -> Present {
    Present::new(Bounds { debounce: DEBOUNCE, listed })
}

fn key(key: &str) -> Arc<str> {
    key.into()
}

fn names(presence: &Presence) -> Vec<&str> {
    presence.here.iter().flatten().map(String::as_str).collect()
}

#[test]
fn somebody_is_in_while_a_connection_is_and_for_the_debounce_after() {
    let (mut present, now) = (present(10), Instant::now());
    assert_eq!(present.enter(&key("ann"), 1, now), Some(Presence::joined("ann", 1)));
    assert_eq!(present.enter(&key("ann"), 2, now), None, "another tab");
    assert_eq!(present.enter(&key("bob"), 3, now), Some(Presence::joined("bob", 2)));
    present.leave(&key("ann"), 1, now);
    assert_eq!(present.due(), None);
    present.leave(&key("ann"), 2, now);
    present.leave(&key("bob"), 3, now + DEBOUNCE / 2);
    assert_eq!(present.due(), Some(now + DEBOUNCE));
    assert_eq!(present.tick(now + DEBOUNCE - Duration::from_nanos(1)), []);
    assert_eq!(present.enter(&key("ann"), 4, now + DEBOUNCE / 2), None, "a reload");
    assert_eq!(present.tick(now + DEBOUNCE), []);
    assert_eq!(present.tick(now + DEBOUNCE * 2), [Presence::left("bob", 1)]);
    assert_eq!((present.due(), names(&present.list())), (None, vec!["ann"]));
}

#[test]
fn who_is_put_out_is_gone_at_once_unless_another_connection_stays() {
    let (mut present, now) = (present(10), Instant::now());
    for connection in 1..=3 {
        present.enter(&key("ann"), connection, now);
    }
    assert_eq!(present.put_out(&key("ann"), &[1, 2], now), None);
    assert_eq!(present.put_out(&key("ann"), &[3], now), Some(Presence::left("ann", 0)));
    assert_eq!(present.put_out(&key("ann"), &[3], now), None);
    present.leave(&key("ann"), 3, now);
    assert_eq!(present.due(), None, "what it leaves it has left");
    present.enter(&key("ann"), 4, now);
    present.leave(&key("ann"), 4, now);
    assert_eq!(present.put_out(&key("ann"), &[], now), Some(Presence::left("ann", 0)), "who has just gone");
    assert!(present.is_empty() && present.due().is_none());
}

#[test]
fn a_crowd_is_counted_once_a_second_and_listed_when_it_is_none_any_more() {
    let (mut present, now) = (present(2), Instant::now());
    let count = |count| Presence::here(None, count);
    present.enter(&key("a"), 1, now);
    present.enter(&key("b"), 2, now);
    assert_eq!(present.enter(&key("c"), 3, now), Some(count(3)));
    assert_eq!(present.enter(&key("d"), 4, now), None);
    assert_eq!(present.enter(&key("e"), 5, now), None);
    assert_eq!(present.due(), Some(now + COUNT_EVERY));
    assert_eq!(present.tick(now + COUNT_EVERY), [count(5)]);
    for (name, connection) in [("c", 3), ("d", 4), ("e", 5)] {
        assert_eq!(present.put_out(&key(name), &[connection], now + COUNT_EVERY), None);
    }
    assert_eq!((present.list(), present.now().count), (count(2), 2), "nobody has been told the list yet");
    assert_eq!(names(&present.now()), ["a", "b"]);
    let told = present.tick(now + COUNT_EVERY * 2);
    assert_eq!((told.len(), names(&told[0])), (1, vec!["a", "b"]));
    assert_eq!(present.put_out(&key("a"), &[1], now + COUNT_EVERY * 2), Some(Presence::left("a", 1)));
}

#[derive(Debug, Clone)]
enum Step {
    Enter(u8, usize),
    Leave(u8, usize),
    PutOut(u8, Vec<usize>),
    Wait(u64),
    /// A client more begins with the list.
    Begin,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..6_u8;
    prop::collection::vec(
        prop_oneof![
            4 => (who.clone(), 0..3_usize).prop_map(|(who, connection)| Step::Enter(who, connection)),
            4 => (who.clone(), 0..3_usize).prop_map(|(who, connection)| Step::Leave(who, connection)),
            1 => (who, prop::collection::vec(0..3_usize, 0..3)).prop_map(|(who, connections)| Step::PutOut(who, connections)),
            3 => (1..900_u64).prop_map(Step::Wait),
            1 => Just(Step::Begin),
        ],
        0..80,
    )
}

/// What a client knows, by what it is told.
#[derive(Default)]
struct Client {
    /// None where it knows only how many.
    names: Option<BTreeSet<String>>,
    count: usize,
}

impl Client {
    fn hear(&mut self, told: &Presence) {
        match (&told.joined, &told.left, &told.here) {
            (Some(joined), None, None) => {
                assert!(self.names.as_mut().is_none_or(|names| names.insert(joined.clone())), "{joined} is in already");
            }
            (None, Some(left), None) => assert!(self.names.as_mut().is_none_or(|names| names.remove(left)), "{left} was not in"),
            (None, None, here) => self.names = here.clone().map(|here| here.into_iter().collect()),
            _ => panic!("one thing at a time: {told:?}"),
        }
        self.count = told.count;
    }
}

proptest! {
    /// Whatever happens: a list and what is told after it are who is in, for whoever begins whenever; and more than are listed are counted.
    #[test]
    fn a_list_and_what_is_told_after_it_are_the_truth(steps in steps(), listed in 1..7_usize) {
        let mut present = present(listed);
        let (mut now, mut clients) = (Instant::now(), Vec::new());
        // Who is in, by connection; and until when, without.
        let mut truth: BTreeMap<u8, (BTreeSet<usize>, Option<Instant>)> = BTreeMap::new();
        let mut counts = Vec::new();
        for step in steps {
            let mut told = Vec::new();
            match step {
                Step::Enter(who, connection) => {
                    let stay = truth.entry(who).or_default();
                    stay.0.insert(connection);
                    stay.1 = None;
                    told.extend(present.enter(&key(&who.to_string()), connection, now));
                }
                Step::Leave(who, connection) => {
                    if let Some(stay) = truth.get_mut(&who) {
                        stay.0.remove(&connection);
                        stay.1 = stay.1.or_else(|| stay.0.is_empty().then(|| now + DEBOUNCE));
                    }
                    present.leave(&key(&who.to_string()), connection, now);
                }
                Step::PutOut(who, connections) => {
                    if let Some(stay) = truth.get_mut(&who) {
                        stay.0.retain(|connection| !connections.contains(connection));
                        if stay.0.is_empty() {
                            truth.remove(&who);
                        }
                    }
                    told.extend(present.put_out(&key(&who.to_string()), &connections, now));
                }
                Step::Wait(milliseconds) => {
                    now += Duration::from_millis(milliseconds);
                    truth.retain(|_, (_, until)| until.is_none_or(|until| until > now));
                    told.extend(present.tick(now));
                    prop_assert!(present.due().is_none_or(|due| due > now));
                }
                Step::Begin => {
                    let mut client = Client::default();
                    client.hear(&present.list());
                    clients.push(client);
                }
            }
            counts.extend(told.iter().filter(|told| told.joined.is_none() && told.left.is_none()).map(|_| now));
            for client in &mut clients {
                told.iter().for_each(|told| client.hear(told));
            }
            let is_settled = present.due.is_none();
            for client in clients.iter().filter(|_| is_settled) {
                prop_assert_eq!(client.count, truth.len());
                let names: BTreeSet<String> = truth.keys().map(ToString::to_string).collect();
                prop_assert_eq!(client.names.as_ref(), (truth.len() <= listed).then_some(&names));
            }
            prop_assert_eq!(present.now().count, truth.len());
        }
        prop_assert!(counts.windows(2).all(|two| two[1] - two[0] >= COUNT_EVERY));
    }
}
