//! A WebSocket client's half of RFC 6455, as little of it as serves: whole headers, payloads passed on as they come.

/// What a server's bytes hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A part of a text; the length is that of its whole frame.
    Text {
        bytes: &'a [u8],
        whole: u64,
    },
    /// A text that is compressed, once all of it has come.
    Compressed,
    /// With its payload, which the pong repeats.
    Ping(Vec<u8>),
    Close,
}

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Where one client's stream stands between two frames, or within one.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: [u8; 10],
    filled: usize,
    /// Of the payload: how long it is, and how much of it is still to come.
    whole: u64,
    left: u64,
    control: Vec<u8>,
}

impl Frames {
    pub(super) fn take(&mut self, mut bytes: &[u8], mut piece: impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() || self.is_whole() {
            if !self.is_whole() {
                self.header[self.filled] = bytes[0];
                (self.filled, bytes) = (self.filled + 1, &bytes[1..]);
                if !self.is_whole() {
                    continue;
                }
                self.whole = self.length();
                self.left = self.whole;
            }
            let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            let (payload, rest) = bytes.split_at(take);
            (bytes, self.left) = (rest, self.left - take as u64);
            let opcode = self.header[0] & 0x0f;
            if opcode >= CLOSE {
                self.control.extend_from_slice(payload);
            } else if !payload.is_empty() && !self.is_compressed() {
                piece(Piece::Text { bytes: payload, whole: self.whole });
            }
            if self.left > 0 {
                return;
            }
            self.filled = 0;
            match opcode {
                CLOSE => piece(Piece::Close),
                PING => piece(Piece::Ping(std::mem::take(&mut self.control))),
                TEXT if self.is_compressed() => piece(Piece::Compressed),
                _ => self.control.clear(),
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.filled >= 2 && self.filled == 2 + self.extended()
    }

    /// RFC 7692, section 6: the first reserved bit says so.
    fn is_compressed(&self) -> bool {
        self.header[0] & 0x40 != 0
    }

    /// The bytes of the header after its second.
    fn extended(&self) -> usize {
        match self.header[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    fn length(&self) -> u64 {
        match self.extended() {
            0 => u64::from(self.header[1] & 0x7f),
            extended => self.header[2..2 + extended].iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        }
    }
}

/// What a server sends: one text, not masked.
#[must_use]
pub fn server_frame(text: &[u8]) -> Vec<u8> {
    framed(TEXT, 0, text)
}

/// What a client sends. Its mask is zero, which is a mask, too, and leaves the payload as it is.
pub(super) fn client_text(text: &[u8]) -> Vec<u8> {
    framed(TEXT, 0x80, text)
}

pub(super) fn pong(payload: &[u8]) -> Vec<u8> {
    framed(PONG, 0x80, payload)
}

fn framed(opcode: u8, mask: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(0x80 | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..126), _) => frame.push(mask | length),
        (_, Ok(length)) => {
            frame.push(mask | 126);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(mask | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    if mask != 0 {
        frame.extend([0; 4]);
    }
    frame.extend(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_wherever_a_read_cuts_them() {
        let long = "y".repeat(300);
        let mut stream = [server_frame(b"short"), framed(PING, 0, b"are you there"), framed(PING, 0, b"")].concat();
        stream.extend(server_frame(long.as_bytes()));
        stream.extend(framed(0x40 | TEXT, 0, b"what it says is not looked at"));
        stream.extend(framed(CLOSE, 0, &1000_u16.to_be_bytes()));
        for cut in 0..=stream.len() {
            let (mut frames, mut text, mut control) = (Frames::default(), Vec::new(), Vec::new());
            for part in [&stream[..cut], &stream[cut..]] {
                frames.take(part, |piece| match piece {
                    Piece::Text { bytes, whole } => {
                        assert!([5, 300].contains(&whole));
                        text.extend_from_slice(bytes);
                    }
                    other => control.push(format!("{other:?}")),
                });
            }
            assert_eq!(text, [b"short", long.as_bytes()].concat(), "cut at {cut}");
            assert_eq!(
                control,
                [format!("{:?}", Piece::Ping(b"are you there".to_vec())), "Ping([])".into(), "Compressed".into(), "Close".into()]
            );
        }
    }
}
