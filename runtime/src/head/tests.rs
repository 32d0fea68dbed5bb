use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Act {
    Wait(usize),
    Unwait(usize),
    Take,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![6 => (0..8usize).prop_map(Act::Wait), 4 => (0..8usize).prop_map(Act::Unwait), 1 => Just(Act::Take)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// However often it came to wait, and whoever left before it.
    #[test]
    fn who_waits_is_taken_once(acts in prop::collection::vec(act(), 1..200)) {
        let head = Head::new(|_| {});
        let seats: Vec<_> = (0..8).map(|_| Arc::new(Seat::default())).collect();
        let mut waiting = vec![false; seats.len()];
        for act in acts {
            match act {
                Act::Wait(at) => {
                    head.wait(&seats[at]);
                    waiting[at] = true;
                }
                Act::Unwait(at) => {
                    head.unwait(&seats[at]);
                    waiting[at] = false;
                }
                Act::Take => {
                    let taken = head.take_waiting();
                    let times = |seat| taken.iter().filter(|taken| Arc::ptr_eq(taken, seat)).count();
                    let taken: Vec<_> = seats.iter().map(times).collect();
                    prop_assert_eq!(taken, std::mem::take(&mut waiting).into_iter().map(usize::from).collect::<Vec<_>>());
                    waiting = vec![false; seats.len()];
                }
            }
            prop_assert_eq!(head.waited_for(), waiting.contains(&true));
        }
    }
}
