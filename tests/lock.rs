//! The contract lock: each rule on a pair of types, judged a second time by values that the one side writes and the other reads.

mod lock {
    mod edits;
    mod file;
    mod judge;
    mod pairs;
    mod rules;
    mod sample;
}
