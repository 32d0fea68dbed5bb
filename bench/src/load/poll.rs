//! A long poll's half of HTTP/1.1: one answer at a time, of a known length.

use std::io::{self, ErrorKind};

use memchr::memmem;

/// How a server is told where a client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// By `since=`, which is the `position` at the beginning of the answer's JSON. A poll without it is answered at once.
    Position,
    /// By the answer's `Last-Modified` and `ETag`. A poll without them waits.
    Etag,
}

/// As much of an answer's body as is kept: a position stands at its beginning.
const BEGINNING: usize = 64;

/// Where one client's answer stands.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    head: Vec<u8>,
    /// Of the body, once the head is whole: what is still to come, and how it begins.
    left: Option<usize>,
    beginning: Vec<u8>,
}

impl Exchange {
    /// Hands out what is body; true with its end.
    pub(super) fn take(&mut self, mut bytes: &[u8], body: impl FnOnce(&[u8])) -> io::Result<bool> {
        if self.left.is_none() {
            let before = self.head.len();
            self.head.extend_from_slice(bytes);
            let Some(end) = memmem::find(&self.head, b"\r\n\r\n").map(|at| at + 4) else { return Ok(false) };
            self.head.truncate(end);
            bytes = &bytes[end - before..];
            let length = self.field("content-length").and_then(|length| length.parse().ok());
            self.left = Some(length.filter(|_| self.head.starts_with(b"HTTP/1.1 200")).ok_or_else(|| self.refused())?);
        }
        let Some(left) = &mut self.left else { return Ok(false) };
        *left = left.checked_sub(bytes.len()).ok_or(ErrorKind::InvalidData)?;
        let room = BEGINNING - self.beginning.len();
        self.beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
        body(bytes);
        Ok(*left == 0)
    }

    fn refused(&self) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, format!("refused: {}", String::from_utf8_lossy(&self.head)))
    }

    /// A field of the head.
    fn field(&self, name: &str) -> Option<&str> {
        let fields = std::str::from_utf8(&self.head).ok()?.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// What the next request adds to its path, and to its head, to go on after this answer; begins anew.
    pub(super) fn next(&mut self, resume: Resume) -> (String, String) {
        let next = match resume {
            Resume::Position => {
                let text = String::from_utf8_lossy(&self.beginning);
                let position = text.split_once(r#""position":""#).and_then(|(_, rest)| rest.split_once('"'));
                (position.map(|(position, _)| format!("&since={position}")).unwrap_or_default(), String::new())
            }
            Resume::Etag => {
                let field = |name: &str, of: &str| self.field(of).map(|value| format!("{name}: {value}\r\n")).unwrap_or_default();
                (String::new(), field("If-Modified-Since", "last-modified") + &field("If-None-Match", "etag"))
            }
        };
        *self = Self::default();
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str =
        "HTTP/1.1 200 OK\r\nContent-Length: 29\r\nETag: 7\r\nLast-Modified: now\r\n\r\n{\"position\":\"e-7\",\"items\":[]}";

    #[test]
    fn an_answer_is_read_wherever_a_read_cuts_it() {
        for cut in 1..ANSWER.len() {
            for (resume, next) in
                [(Resume::Position, ("&since=e-7", "")), (Resume::Etag, ("", "If-Modified-Since: now\r\nIf-None-Match: 7\r\n"))]
            {
                let (mut exchange, mut body) = (Exchange::default(), Vec::new());
                let mut take = |part: &str| exchange.take(part.as_bytes(), |bytes| body.extend_from_slice(bytes)).expect("it is an answer");
                assert!(!take(&ANSWER[..cut]), "cut at {cut}");
                assert!(take(&ANSWER[cut..]), "cut at {cut}");
                assert_eq!(body, ANSWER.as_bytes()[ANSWER.len() - 29..]);
                assert_eq!(exchange.next(resume), (next.0.to_owned(), next.1.to_owned()));
            }
        }
    }

    #[test]
    fn what_is_no_answer_of_a_known_length_is_refused() {
        for head in ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            assert!(Exchange::default().take(head.as_bytes(), |_| {}).is_err(), "{head}");
        }
    }
}
