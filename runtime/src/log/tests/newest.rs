//! Of a key the newest is kept; and a channel may end.

use super::*;

fn read_all(log: &Log, place: &mut Place) -> (Option<Loss>, Vec<u64>) {
    let found = log.read(place, Want { up_to: u64::MAX, most: Most { items: 100, bytes: usize::MAX } });
    let given: Vec<Order> = found.run.iter().flat_map(Run::entries).map(|(order, _)| *order).collect();
    given.iter().for_each(|order| place.pass(*order));
    (found.loss, given.iter().map(|order| order.offset).collect())
}

#[test]
fn what_a_newer_took_the_place_of_is_no_loss_and_what_was_dropped_before_is() {
    let retention = Retention { history: 3, keep: Duration::from_secs(60), volatile: 0, remembered: 8 };
    let mut log = Log::new(retention, 0);
    let mut laggard = log.place(0);
    let mut between = log.place(0);
    let append = |log: &mut Log, offset, key| assert!(log.append(keyed(Some(offset), 0, key), Timestamp(0)));
    append(&mut log, 1, Some("k"));
    append(&mut log, 2, None);
    assert_eq!(read_all(&log, &mut between), (None, vec![1, 2]));
    // 1 makes way: who had it gets on with 3, who had not gets no gap.
    append(&mut log, 3, Some("k"));
    assert_eq!(read_all(&log, &mut between), (None, vec![3]));
    assert_eq!(read_all(&log, &mut log.place(0)), (None, vec![2, 3]));
    // 2 and 3 are dropped, and 3 stays a loss although a newer of its key comes.
    append(&mut log, 4, None);
    append(&mut log, 5, None);
    append(&mut log, 6, None);
    append(&mut log, 7, Some("k"));
    assert_eq!(read_all(&log, &mut laggard), (Some(Loss { missed: Some(3), until: 4 }), vec![5, 6, 7]));
    assert_eq!(read_all(&log, &mut between), (Some(Loss { missed: Some(1), until: 4 }), vec![5, 6, 7]));
}

#[test]
fn a_key_lets_go_only_of_what_is_older() {
    let retention = Retention { history: 4, keep: Duration::from_secs(60), volatile: 0, remembered: 4 };
    let mut log = Log::new(retention, 0);
    log.append(keyed(Some(5), 0, Some("k")), Timestamp(0));
    log.supersede("k", 5);
    log.supersede("l", 9);
    assert_eq!(log.oldest(), Some(5));
    log.supersede("k", 6);
    assert_eq!((log.oldest(), log.bytes(), log.dropped()), (None, 0, 0));
}

#[test]
fn an_end_is_known_though_its_entry_is_gone_and_until_something_comes_behind_it() {
    let retention = Retention { history: 4, keep: Duration::from_secs(60), volatile: 4, remembered: 4 };
    let mut log = Log::new(retention, 0);
    log.append(last(3, 0), Timestamp(0));
    log.drop_all_to(3, usize::MAX);
    assert_eq!((log.ended(), log.is_empty()), (Some(3), true));
    // A tail says it again, or that the store knows it no more.
    log.end(3);
    assert_eq!(log.ended(), Some(3));
    log.end(0);
    assert_eq!(log.ended(), None);
    // What is held beside the log ends it too.
    for (offsets, ended) in [(vec![5], None), (vec![5, 7], Some(7))] {
        let mut held = Log::new(retention, 0);
        for offset in offsets {
            held.append(if offset == 7 { last(7, 0) } else { entry(Some(offset), 0) }, Timestamp(0));
        }
        held.drop_all_to(9, usize::MAX);
        log.end(3);
        log.take_over(held, Timestamp(0));
        assert_eq!(log.ended(), ended);
    }
}
