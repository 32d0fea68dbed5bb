//! DEFLATE (RFC 1951) read by the letter: another's inflater looks back as far as it can, and never says that a window was too small.

/// How far back the symbols of a length and of a distance begin, and how many bits more they have (section 3.2.5).
const LENGTHS: [(usize, u32); 29] = table::<29>(3, 4);
const DISTANCES: [(usize, u32); 30] = table::<30>(1, 2);
/// In this order the lengths of the codes for the lengths of codes come (section 3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const fn table<const COUNT: usize>(first: usize, each: usize) -> [(usize, u32); COUNT] {
    let mut table = [(0, 0); COUNT];
    let (mut at, mut base) = (0, first);
    while at < COUNT {
        let bits = if at < 2 * each { 0 } else { (at / each - 1) as u32 };
        table[at] = (base, bits);
        base += 1 << bits;
        at += 1;
    }
    if first == 3 {
        table[COUNT - 1] = (258, 0);
    }
    table
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> usize {
        let bit = self.bytes[self.at / 8] >> (self.at % 8) & 1;
        self.at += 1;
        bit.into()
    }

    fn number(&mut self, bits: u32) -> usize {
        (0..bits).map(|at| self.bit() << at).sum()
    }

    /// A symbol of a code, of which the lengths are given (section 3.2.2).
    fn symbol(&mut self, lengths: &[usize]) -> usize {
        let (mut code, mut first) = (0, 0);
        for length in 1..16 {
            code = 2 * code + self.bit();
            first *= 2;
            let count = lengths.iter().filter(|other| **other == length).count();
            if code < first + count {
                let mut symbols = (0..lengths.len()).filter(|symbol| lengths[*symbol] == length);
                return symbols.nth(code - first).expect("it is one of so many");
            }
            first += count;
        }
        panic!("no symbol has this code");
    }

    /// The lengths of the codes of a block (sections 3.2.6 and 3.2.7).
    fn codes(&mut self, fixed: bool) -> (Vec<usize>, Vec<usize>) {
        if fixed {
            let length = |symbol| {
                if symbol < 144 {
                    8
                } else if symbol < 256 {
                    9
                } else if symbol < 280 {
                    7
                } else {
                    8
                }
            };
            return ((0..288).map(length).collect(), vec![5; 30]);
        }
        let (literals, distances, count) = (257 + self.number(5), 1 + self.number(5), 4 + self.number(4));
        let mut of_lengths = [0; 19];
        for symbol in &ORDER[..count] {
            of_lengths[*symbol] = self.number(3);
        }
        let mut lengths = Vec::new();
        while lengths.len() < literals + distances {
            let (length, times) = match self.symbol(&of_lengths) {
                16 => (*lengths.last().expect("it repeats something"), 3 + self.number(2)),
                17 => (0, 3 + self.number(3)),
                18 => (0, 11 + self.number(7)),
                length => (length, 1),
            };
            lengths.extend(std::iter::repeat_n(length, times));
        }
        assert_eq!(lengths.len(), literals + distances);
        let distances = lengths.split_off(literals);
        (lengths, distances)
    }
}

/// Inflates blocks up to the empty one that a flush leaves at the end (RFC 7692 section 7.2.1), and gives how far back they refer at most.
pub(super) fn inflate(bytes: &[u8]) -> (Vec<u8>, usize) {
    let (mut bits, mut text, mut furthest) = (Bits { bytes, at: 0 }, Vec::new(), 0);
    loop {
        assert_eq!(bits.bit(), 0, "no block is the last");
        let kind = bits.number(2);
        if kind == 0 {
            let begin = bits.at.div_ceil(8);
            let length = usize::from(u16::from_le_bytes([bytes[begin], bytes[begin + 1]]));
            text.extend(&bytes[begin + 4..begin + 4 + length]);
            bits.at = 8 * (begin + 4 + length);
            if bits.at == 8 * bytes.len() {
                assert_eq!(length, 0, "a flush ends it");
                return (text, furthest);
            }
            continue;
        }
        let (literals, distances) = bits.codes(kind == 1);
        loop {
            let symbol = match bits.symbol(&literals) {
                literal @ 0..256 => {
                    text.push(u8::try_from(literal).expect("it is a byte"));
                    continue;
                }
                256 => break,
                symbol => symbol - 257,
            };
            let (base, more) = LENGTHS[symbol];
            let length = base + bits.number(more);
            let (base, more) = DISTANCES[bits.symbol(&distances)];
            let distance = base + bits.number(more);
            furthest = furthest.max(distance);
            for _ in 0..length {
                text.push(text[text.len() - distance]);
            }
        }
    }
}

#[test]
fn this_inflater_reads_what_is_known_and_sees_how_far_it_refers() {
    // The examples of RFC 7692 section 7.2.3, with the end that is not sent.
    assert_eq!(inflate(b"\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"), (b"Hello".to_vec(), 0));
    assert_eq!(inflate(b"\x00\x05\x00\xfa\xffHello\x00\x00\x00\xff\xff").0, b"Hello");
    assert_eq!(inflate(b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00\x00\x00\xff\xff").0, b"Hello");
    for window in [9, 12, 15] {
        let mut rng = fastrand::Rng::with_seed(7);
        let piece: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(300).collect();
        let text = [piece.clone(), vec![b'x'; 600], piece.clone(), vec![b'y'; 5_000], piece].concat();
        let mut bytes = Vec::with_capacity(20_000);
        let mut compress = flate2::Compress::new_with_window_bits(flate2::Compression::best(), false, window);
        compress.compress_vec(&text, &mut bytes, flate2::FlushCompress::Sync).expect("it has room");
        let (inflated, furthest) = inflate(&bytes);
        assert_eq!(inflated, text);
        let within = match window {
            9 => 1..512,
            12 => 900..4_096,
            _ => 5_300..32_768,
        };
        assert!(within.contains(&furthest), "{window}: {furthest}");
    }
}
