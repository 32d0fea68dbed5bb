use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Act {
    Insert,
    Remove(usize),
    Wait(usize),
    Call,
    Take(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Insert),
        2 => any::<usize>().prop_map(Act::Remove),
        6 => any::<usize>().prop_map(Act::Wait),
        1 => Just(Act::Call),
        2 => (0..4usize).prop_map(Act::Take),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Only who is there, waits and was not taken yet is taken, each once; and who waited at a call is taken before that call's
    /// end, whoever comes to wait meanwhile.
    #[test]
    fn who_waits_at_a_call_is_taken_once(acts in prop::collection::vec(act(), 1..200)) {
        let mut subscribers = Subscribers::new();
        let (mut there, mut waiting, mut called) = (HashMap::new(), HashSet::new(), HashSet::new());
        let mut next = 0;
        for act in acts {
            let slots: Vec<usize> = there.keys().copied().collect();
            match act {
                Act::Insert => {
                    let slot = subscribers.insert(next);
                    prop_assert!(there.insert(slot, next).is_none(), "the slot is taken");
                    next += 1;
                }
                Act::Remove(at) if !slots.is_empty() => {
                    let slot = slots[at % slots.len()];
                    subscribers.remove(slot);
                    let reader = there.remove(&slot).expect("it is there");
                    waiting.remove(&reader);
                    called.remove(&reader);
                }
                Act::Wait(at) if !slots.is_empty() => {
                    let slot = slots[at % slots.len()];
                    subscribers.wait(slot);
                    waiting.insert(there[&slot]);
                }
                Act::Call => {
                    prop_assert_eq!(subscribers.call(), !waiting.is_empty());
                    called.clone_from(&waiting);
                }
                Act::Take(most) => {
                    let taken = subscribers.take_called(most);
                    prop_assert!(taken.len() <= most);
                    for reader in taken {
                        prop_assert!(waiting.remove(&reader), "{} does not wait", reader);
                        called.remove(&reader);
                    }
                    prop_assert!(subscribers.any_called() || called.is_empty(), "{:?} are forgotten", called);
                }
                _ => {}
            }
            prop_assert_eq!(subscribers.len(), there.len());
            prop_assert!(subscribers.slots.len() <= next);
        }
        subscribers.call();
        let rest: HashSet<_> = subscribers.take_called(usize::MAX).into_iter().collect();
        prop_assert_eq!(rest, waiting);
    }
}

#[test]
fn who_waits_again_does_not_stand_before_those_who_were_called() {
    let mut subscribers = Subscribers::new();
    let slots: Vec<usize> = (0..4).map(|reader| subscribers.insert(reader)).collect();
    slots.iter().for_each(|slot| subscribers.wait(*slot));
    subscribers.call();
    let mut taken = Vec::new();
    while subscribers.any_called() {
        let reader = subscribers.take_called(1);
        // It finds what it was called for, and waits again at once.
        subscribers.wait(slots[reader[0]]);
        taken.extend(reader);
    }
    assert_eq!(taken, [0, 1, 2, 3]);
}
