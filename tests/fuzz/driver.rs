//! Runs inputs one after the other, each by its number: a finding can be made again.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use allocation_counter::measure;
use fastrand::Rng;

/// How many inputs there are in all where `TRIWIRE_FUZZ_INPUTS` does not say.
const INPUTS: u64 = 200_000;

/// Something to give to the codec.
pub(super) trait Input: Debug {
    fn make(dice: &mut Rng) -> Self;

    /// Gives it, and says what came of it, or which promise does not hold. It allocates nothing of its own.
    fn run(&self) -> Result<Outcome, &'static str>;

    /// The most memory that may be taken for it at a time.
    fn memory(&self) -> u64;
}

/// What became of an input.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    /// It came past the door: a header that was accepted, or an offer's name.
    pub(super) entered: bool,
    /// It was refused in the end.
    pub(super) refused: bool,
}

/// What became of all.
pub(super) struct Report {
    pub(super) inputs: u64,
    pub(super) entered: u64,
    pub(super) refused: u64,
}

/// A share of all inputs, in hundredths.
pub(super) fn share(hundredths: u64) -> u64 {
    let all = std::env::var("TRIWIRE_FUZZ_INPUTS").ok().map_or(INPUTS, |inputs| inputs.parse().expect("it is a number"));
    all * hundredths / 100
}

/// Makes and gives so many inputs, prints what became of them, and panics at the first finding, with the input.
pub(super) fn drive<I: Input>(name: &str, inputs: u64) -> Report {
    let begun = Instant::now();
    let (mut report, mut most) = (Report { inputs, entered: 0, refused: 0 }, 0);
    for number in 0..inputs {
        let input = I::make(&mut Rng::with_seed(number));
        let mut outcome = Err("it panics");
        let measured = measure(|| outcome = catch_unwind(AssertUnwindSafe(|| input.run())).unwrap_or(outcome));
        let within = measured.bytes_max <= input.memory();
        match outcome {
            Ok(outcome) if within => {
                report.entered += u64::from(outcome.entered);
                report.refused += u64::from(outcome.refused);
            }
            Ok(_) => {
                panic!("{name}, input {number}: it takes {} bytes of memory, not at most {}\n{input:?}", measured.bytes_max, input.memory())
            }
            Err(finding) => panic!("{name}, input {number}: {finding}\n{input:?}"),
        }
        most = most.max(measured.bytes_max);
    }
    let Report { entered, refused, .. } = report;
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!(
        "{name}: {inputs} inputs, {entered} came past the header, {refused} were refused; at most {most} bytes of memory; {seconds:.1} s"
    );
    report
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What breaks each promise in turn.
#[derive(Debug)]
struct Broken<const HOW: u8>;

impl<const HOW: u8> Input for Broken<HOW> {
    fn make(_: &mut Rng) -> Self {
        Self
    }

    fn run(&self) -> Result<Outcome, &'static str> {
        match HOW {
            0 => panic!("on purpose"),
            1 => drop(std::hint::black_box(vec![0_u8; 101])),
            _ => return Err("it says so"),
        }
        Ok(Outcome { entered: true, refused: false })
    }

    fn memory(&self) -> u64 {
        100
    }
}

#[test]
fn a_finding_ends_the_run_with_its_input() {
    let finding = |run: fn() -> Report| {
        let message = catch_unwind(run).err().and_then(|panic| panic.downcast::<String>().ok()).expect("it is found");
        assert!(message.contains("input 0") && message.contains("Broken"), "{message}");
        *message
    };
    assert!(finding(|| drive::<Broken<0>>("broken", 1)).contains("it panics"));
    assert!(finding(|| drive::<Broken<1>>("broken", 1)).contains("101 bytes"));
    assert!(finding(|| drive::<Broken<2>>("broken", 1)).contains("it says so"));
}
