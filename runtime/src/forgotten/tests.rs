use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing is ever remembered lower than it was, and only what had to be given up is remembered higher: by a floor that is
    /// the highest offset given up.
    #[test]
    fn what_is_given_up_becomes_a_floor(most in 0..6usize, acts in prop::collection::vec((0..10usize, 0..40u64, any::<bool>()), 1..100)) {
        let names: Vec<Arc<str>> = (0..10).map(|name| Arc::from(format!("c{name}"))).collect();
        let mut forgotten = Forgotten::new(most);
        let mut model = BTreeMap::new();
        let mut floor = 0;
        for (name, offset, insert) in acts {
            if insert {
                forgotten.insert(&names[name], offset);
                let before = model.remove(&name).unwrap_or(0);
                if offset.max(before) > floor {
                    model.insert(name, offset.max(before));
                }
                while model.len() > most {
                    let (&lowest, _) = model.iter().min_by_key(|(name, offset)| (**offset, names[**name].clone())).expect("it is not empty");
                    floor = model.remove(&lowest).expect("it is there");
                }
            } else {
                prop_assert_eq!(forgotten.take(&names[name]), model.remove(&name).unwrap_or(floor));
            }
            prop_assert!(forgotten.offsets.len() <= most && forgotten.order.len() == forgotten.offsets.len());
            prop_assert_eq!(forgotten.floor, floor);
        }
    }
}
