//! Mutated offers of extensions.

use fastrand::Rng;
use triwire::__websocket::{Agreed, negotiate};

use super::driver::{Input, Outcome, drive, share};
use super::mutate::mutate;

const PIECES: [&str; 18] = [
    "permessage-deflate",
    "permessage-deflate",
    "permessage-deflate",
    "permessage-bzip2",
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "server_max_window_bits=8",
    "server_max_window_bits=12",
    "server_max_window_bits=\"15\"",
    "client_max_window_bits",
    "client_max_window_bits=9",
    "client_max_window_bits=16",
    "=",
    "\"",
    "x=\"y\"",
    "",
    "😀",
];

/// Lines of `Sec-WebSocket-Extensions`.
#[derive(Debug)]
struct Offers(Vec<String>);

fn line(dice: &mut Rng) -> String {
    let mut line = String::new();
    for _ in 0..dice.usize(1..8) {
        line += dice.choice(PIECES).expect("there are some");
        line += dice.choice(["; ", ";", "; ", ", ", ",\t", ""]).expect("there are some");
    }
    let mut bytes = line.into_bytes();
    mutate(dice, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Input for Offers {
    fn make(dice: &mut Rng) -> Self {
        // As often as not one that a client might send.
        let plain = ["permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=10"];
        let begin = if dice.bool() { plain[dice.usize(..2)].to_owned() } else { line(dice) };
        Self(std::iter::once(begin).chain((0..dice.usize(..3)).map(|_| line(dice))).collect())
    }

    fn run(&self) -> Result<Outcome, &'static str> {
        let agreed = negotiate(self.0.iter().map(String::as_str));
        let offered = |name: &str| self.0.iter().any(|line| line.contains(name));
        if agreed.is_some() && !offered("permessage-deflate") {
            return Err("what was not offered is agreed to");
        }
        let answer = agreed.map(Agreed::answer).unwrap_or_default();
        if answer.contains("server_max_window_bits") && !offered("server_max_window_bits") {
            return Err("a window is answered that was not asked for");
        }
        if agreed.is_some() && negotiate([answer.as_str()].into_iter()).is_none() {
            return Err("the answer is no offer");
        }
        Ok(Outcome { entered: offered("permessage-deflate"), refused: agreed.is_none() })
    }

    /// The names of one offer, of which none is there twice, and an answer.
    fn memory(&self) -> u64 {
        1_024
    }
}

#[test]
fn any_offer_is_accepted_or_declined() {
    let report = drive::<Offers>("offers", share(20));
    assert!(3 * report.entered >= report.inputs && report.refused * 10 >= report.inputs, "{} of {}", report.entered, report.inputs);
}
