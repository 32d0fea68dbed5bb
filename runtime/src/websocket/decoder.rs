//! What a server reads (RFC 6455 sections 5 to 8): strictly, in any pieces, and never more than it was allowed to gather.

use std::mem;

use crate::websocket::head::{Frame, Head, unmask};
use crate::websocket::{Opcode, is_close_code};

/// What a client sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// A whole text.
    Text(String),
    /// Whole bytes.
    Binary(Vec<u8>),
    /// To be answered by a pong with the same bytes (RFC 6455 section 5.5.2).
    Ping(Vec<u8>),
    /// The answer to a ping, or a sign of life.
    Pong(Vec<u8>),
    /// The last that is read: a code, where the client gave one, and its reason.
    Close(Option<u16>, String),
}

/// Why a connection must be failed (RFC 6455 section 7.1.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Violation {
    /// It breaks this rule of the protocol.
    Protocol(&'static str),
    /// A text is not UTF-8.
    Utf8,
    /// A message is longer than the limit.
    Large,
}

impl Violation {
    /// The code to close with (RFC 6455 section 7.4.1).
    pub fn code(&self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Utf8 => 1007,
            Self::Large => 1009,
        }
    }
}

/// Reads what one client sends. Between messages it holds nothing but a few numbers.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    stage: Stage,
    /// The message that has begun. A control frame that comes in its midst lies behind it until it is whole: so neither needs a place of
    /// its own while the connection is idle.
    gathered: Vec<u8>,
    message: Option<Kind>,
    /// Whether a message may be compressed, and whether this one is. It is inflated when it is whole, so that a slow client costs its own
    /// bytes alone.
    deflate: bool,
    compressed: bool,
    /// How many bytes at the end of a text are a character that is not whole yet.
    unfinished: u8,
}

#[derive(Debug)]
enum Stage {
    Head(Head),
    /// A frame whose header is read, and how long the payload of a control frame is.
    Payload(Frame, u8),
    /// After a close or a violation nothing is read any more (RFC 6455 sections 5.5.1 and 7.1.7).
    Over,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Binary,
}

impl Decoder {
    /// Reads messages of at most `limit` bytes each.
    pub fn new(limit: usize) -> Self {
        let (stage, gathered) = (Stage::Head(Head::default()), Vec::new());
        Self { limit, stage, gathered, message: None, deflate: false, compressed: false, unfinished: 0 }
    }

    /// The client may compress what it sends; the limit holds for what comes of it.
    pub fn with_deflate(self) -> Self {
        Self { deflate: true, ..self }
    }

    /// Takes bytes off the front of `input` until one message or control frame is whole, or all are taken.
    ///
    /// After a close or a violation it takes all and gives nothing.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Received>, Violation> {
        let received = self.advance(input);
        if matches!(received, Err(_) | Ok(Some(Received::Close(..)))) {
            *self = Self { stage: Stage::Over, ..Self::new(self.limit) };
        }
        received
    }

    /// Whether it is between messages and frames: a new one would do as well.
    pub fn is_idle(&self) -> bool {
        self.message.is_none() && matches!(&self.stage, Stage::Head(head) if head.is_empty())
    }

    /// How many bytes of the heap it holds.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.gathered.capacity()
    }

    fn advance(&mut self, input: &mut &[u8]) -> Result<Option<Received>, Violation> {
        loop {
            match &mut self.stage {
                Stage::Head(head) => {
                    let Some(header) = head.fill(input) else { return Ok(None) };
                    let frame = Frame::read(header).map_err(Violation::Protocol)?;
                    self.begin(&frame)?;
                    self.stage = Stage::Payload(frame, frame.left as u8);
                }
                Stage::Payload(frame, control) => {
                    let (mut frame, control) = (*frame, *control);
                    self.gather(&mut frame, input)?;
                    if frame.left > 0 {
                        self.stage = Stage::Payload(frame, control);
                        return Ok(None);
                    }
                    self.stage = Stage::Head(Head::default());
                    if let Some(received) = self.finish(&frame, usize::from(control))? {
                        return Ok(Some(received));
                    }
                }
                Stage::Over => {
                    *input = &[];
                    return Ok(None);
                }
            }
        }
    }

    /// Whether this frame may come now, and be so long.
    fn begin(&mut self, frame: &Frame) -> Result<(), Violation> {
        if frame.compressed && (!self.deflate || self.message.is_some()) {
            return Err(Violation::Protocol("a reserved bit"));
        }
        let kind = match (frame.opcode, self.message) {
            (Opcode::Continuation, Some(kind)) => kind,
            (Opcode::Text, None) => Kind::Text,
            (Opcode::Binary, None) => Kind::Binary,
            (Opcode::Continuation, None) => return Err(Violation::Protocol("a continuation of nothing")),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Violation::Protocol("a message inside another")),
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => return Ok(()),
        };
        if self.message.is_none() {
            self.compressed = frame.compressed;
        }
        self.message = Some(kind);
        if frame.left > self.room() as u64 { Err(Violation::Large) } else { Ok(()) }
    }

    /// How much more of the message may be gathered. Deflate may make it longer, by an eighth at most: a byte takes nine bits (RFC 1951
    /// section 3.2.6), and blocks have headers.
    fn room(&self) -> usize {
        let most = if self.compressed { self.limit.saturating_add(self.limit / 8 + 16) } else { self.limit };
        most - self.gathered.len()
    }

    /// Takes what there is of a payload.
    fn gather(&mut self, frame: &mut Frame, input: &mut &[u8]) -> Result<(), Violation> {
        let (taken, rest) = input.split_at(usize::try_from(frame.left).map_or(input.len(), |left| left.min(input.len())));
        *input = rest;
        frame.left -= taken.len() as u64;
        let begin = self.gathered.len();
        self.reserve(taken.len(), frame);
        self.gathered.extend_from_slice(taken);
        unmask(&mut self.gathered[begin..], &mut frame.mask);
        // A text that is whole is checked as it becomes a `String`.
        let is_whole = frame.last && frame.left == 0;
        let is_text = self.message == Some(Kind::Text) && !self.compressed && !frame.opcode.is_control();
        if is_text && !is_whole { self.check(taken.len()) } else { Ok(()) }
    }

    /// Room for what has come, and as much again where more is to come: a header that promises much costs nothing, and a message in
    /// many pieces is not moved for each.
    fn reserve(&mut self, come: usize, frame: &Frame) {
        let length = self.gathered.len();
        if self.gathered.capacity() - length < come {
            let most = if frame.last { frame.left as usize } else { self.room() - come };
            self.gathered.reserve_exact(come + most.min(length));
        }
    }

    /// Whether the newest bytes of a text go on as UTF-8 may (RFC 6455 section 8.1); the first that does not ends the connection.
    fn check(&mut self, come: usize) -> Result<(), Violation> {
        let unchecked = &self.gathered[self.gathered.len() - come - usize::from(self.unfinished)..];
        self.unfinished = match str::from_utf8(unchecked) {
            Ok(_) => 0,
            Err(error) if error.error_len().is_none() => (unchecked.len() - error.valid_up_to()) as u8,
            Err(_) => return Err(Violation::Utf8),
        };
        Ok(())
    }

    /// What a frame has made whole, if anything.
    fn finish(&mut self, frame: &Frame, control: usize) -> Result<Option<Received>, Violation> {
        if frame.opcode.is_control() {
            let begin = self.gathered.len() - control;
            let payload = if begin == 0 { mem::take(&mut self.gathered) } else { self.gathered.split_off(begin) };
            return Ok(Some(match frame.opcode {
                Opcode::Ping => Received::Ping(payload),
                Opcode::Pong => Received::Pong(payload),
                _ => close(&payload)?,
            }));
        }
        if !frame.last {
            return Ok(None);
        }
        self.unfinished = 0;
        let (kind, bytes) = (self.message.take(), mem::take(&mut self.gathered));
        #[cfg(feature = "deflate")]
        let bytes = if self.compressed { crate::websocket::deflate::inflate(&bytes, self.limit)? } else { bytes };
        Ok(Some(match kind {
            Some(Kind::Text) => Received::Text(text(bytes)?),
            _ => Received::Binary(bytes),
        }))
    }
}

fn text(bytes: Vec<u8>) -> Result<String, Violation> {
    String::from_utf8(bytes).map_err(|_| Violation::Utf8)
}

/// The payload of a close frame (RFC 6455 section 5.5.1): nothing, or a code and a reason.
fn close(payload: &[u8]) -> Result<Received, Violation> {
    match payload {
        [] => Ok(Received::Close(None, String::new())),
        [_] => Err(Violation::Protocol("a close code of one byte")),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !is_close_code(code) {
                return Err(Violation::Protocol("a close code that is never sent"));
            }
            Ok(Received::Close(Some(code), text(reason.to_vec())?))
        }
    }
}
