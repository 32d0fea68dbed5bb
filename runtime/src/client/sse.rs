//! Items over Server-Sent Events: the stream of WHATWG HTML, section 9.2.6, read as it comes.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::http::Line;
use super::machine::Ended;
use super::stream::{ITEM_BYTES, Piece};

/// A stream that is open.
pub(super) struct Sse {
    body: Incoming,
    lines: Lines,
    ready: VecDeque<Piece>,
    _line: Line,
}

impl Sse {
    pub(super) fn new(body: Incoming, line: Line) -> Self {
        Self { body, lines: Lines::default(), ready: VecDeque::new(), _line: line }
    }

    pub(super) async fn next(&mut self) -> Result<Piece, Ended> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Ok(piece);
            }
            let frame = self.body.frame().await.ok_or(Ended::Cut)?.map_err(|_| Ended::Cut)?;
            if let Ok(bytes) = frame.into_data() {
                self.lines.take(&bytes, &mut self.ready)?;
            }
        }
    }
}

/// What of the stream has come, up to its last whole line.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    /// The event's `data`, and whether it has any.
    text: Option<Vec<u8>>,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    is_return: bool,
    /// A byte order mark may stand before the first line alone.
    is_begun: bool,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], into: &mut VecDeque<Piece>) -> Result<(), Ended> {
        for byte in bytes {
            match (byte, std::mem::replace(&mut self.is_return, *byte == b'\r')) {
                (b'\n', true) => {}
                (b'\n' | b'\r', _) => self.end(into),
                _ => self.line.push(*byte),
            }
        }
        let held = self.line.len() + self.text.as_ref().map_or(0, Vec::len);
        if held > ITEM_BYTES { Err(Ended::Unfit) } else { Ok(()) }
    }

    /// A line has come whole.
    fn end(&mut self, into: &mut VecDeque<Piece>) {
        let line = std::mem::take(&mut self.line);
        let line =
            if std::mem::replace(&mut self.is_begun, true) { &line[..] } else { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) };
        if line.is_empty() {
            into.extend(self.text.take().map(|text| Piece::Item(Bytes::from(text))));
            return;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = colon.map_or((line, &[][..]), |colon| (&line[..colon], &line[colon + 1..]));
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => match &mut self.text {
                Some(text) => {
                    text.push(b'\n');
                    text.extend_from_slice(value);
                }
                None => self.text = Some(value.to_vec()),
            },
            b"retry" => into.extend(milliseconds(value).map(Piece::Retry)),
            // A comment; the id is in the item, too.
            _ => into.push_back(Piece::Life),
        }
    }
}

fn milliseconds(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items and retries of a stream that comes in two parts.
    fn read(text: &[u8], cut: usize) -> Vec<String> {
        let (mut lines, mut ready) = (Lines::default(), VecDeque::new());
        for part in [&text[..cut], &text[cut..]] {
            lines.take(part, &mut ready).expect("it is short");
        }
        let pieces = ready.into_iter().filter_map(|piece| match piece {
            Piece::Item(item) => Some(String::from_utf8(item.to_vec()).expect("text")),
            Piece::Retry(after) => Some(after.as_millis().to_string()),
            Piece::Life | Piece::Position(_) => None,
        });
        pieces.collect()
    }

    #[test]
    fn a_stream_is_read_alike_wherever_it_is_cut() {
        let text = b"\xef\xbb\xbfretry: 2291\nid: a-7\ndata: {\"a\":1}\n\n: a comment\r\ndata:b\r\rdata: c\r\n\r\nretry: soon\ndata\n\nid: a-8\n\n\
                     data: d\ndata: e\n\ndata: unfinished\n";
        for cut in 0..=text.len() {
            assert_eq!(read(text, cut), ["2291", "{\"a\":1}", "b", "c", "", "d\ne"], "cut at {cut}");
        }
    }

    #[test]
    fn an_item_without_an_end_is_none_of_a_hubs() {
        let mut lines = Lines::default();
        let outcome = lines.take(&vec![b'a'; ITEM_BYTES + 1], &mut VecDeque::new());
        assert!(matches!(outcome, Err(Ended::Unfit)));
    }
}
