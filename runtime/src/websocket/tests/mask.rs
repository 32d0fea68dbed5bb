//! RFC 6455 section 5.3: a client's payload is masked.

use proptest::prelude::*;

use super::*;
use crate::websocket::head::unmask;

/// Each byte by the mask's byte in its place, whatever the length, the key and the alignment.
#[test]
fn a_mask_is_taken_off() {
    for length in 0..40 {
        let payload: Vec<u8> = (0..length).map(|at| at * 5).collect();
        let mut bytes = masked(&payload, [1, 20, 0, 255]);
        unmask(&mut bytes, &mut [1, 20, 0, 255]);
        assert_eq!(bytes, payload);
    }
}

/// "frame-masking ... the masking key needs to be unpredictable": so it may be anything, zero too.
#[test]
fn any_mask_is_taken() {
    for mask in [[0; 4], [0xff; 4], [0, 0, 0, 1], *b"mask"] {
        let bytes = [&[FINAL | 1, 0x85], &mask[..], &masked(b"Hello", mask)].concat();
        assert_eq!(read(&bytes), Ok(vec![Received::Text("Hello".into())]));
    }
}

proptest! {
    /// "octet i of the transformed data is the XOR of octet i of the original data with octet at index i modulo 4 of the masking key".
    #[test]
    fn a_mask_goes_on_where_it_stopped(payload: Vec<u8>, mask: [u8; 4], cuts in prop::collection::vec(0..20_usize, 0..20)) {
        let (mut bytes, mut turned, mut begin) = (masked(&payload, mask), mask, 0);
        for cut in cuts {
            let end = (begin + cut).min(bytes.len());
            unmask(&mut bytes[begin..end], &mut turned);
            begin = end;
        }
        unmask(&mut bytes[begin..], &mut turned);
        prop_assert_eq!(bytes, payload);
    }
}
