//! The documents of one enum, made of its type alone, and how they are answered and written. Floor 8.

mod asyncapi;
mod openapi;
mod query;

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;

use crate::contract::Realtime;
use crate::hub::Hub;
use crate::schema::{self, digest};
use crate::typescript;

/// What an enum of events says to those who do not read Rust. The same type always gives the same documents, to the byte.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Documents {
    /// JSON Schema 2020-12: the whole describes an item of a stream, and `$defs` has the events, the channels, each kind of item, the
    /// commands and their reply. What JSON Schema has no words for stands in `x-triwire`, with [`Self::hash`].
    pub schema: Value,
    /// AsyncAPI 3.0: the channels, and what goes out and comes in by them.
    pub asyncapi: Value,
    /// OpenAPI 3.1: the endpoints.
    pub openapi: Value,
    /// The types of [`Self::module`], for TypeScript, by those of the package `triwire`.
    pub declarations: String,
    /// A short text that is another as soon as something is another on the wire: a name, a field, a channel, a type. What is said to people,
    /// comments and examples, is not counted.
    pub hash: String,
}

impl<E: Realtime> Hub<E> {
    /// The contract of the enum, as documents. `GET /schema.json`, `/asyncapi.json`, `/openapi.json`, `/client.js` and
    /// `/client.d.ts` answer them.
    ///
    /// ```
    /// # use triwire::{Hub, Realtime};
    /// # #[derive(Realtime, serde::Serialize, schemars::JsonSchema)]
    /// # #[serde(tag = "type", rename_all = "snake_case")]
    /// # enum ChatEvent {
    /// #     #[realtime(channel = "room:{room}")]
    /// #     Message { room: String, from: String, text: String },
    /// # }
    /// let documents = Hub::<ChatEvent>::contract();
    /// assert_eq!(documents.schema["x-triwire"]["hash"], documents.hash);
    /// assert_eq!(documents.asyncapi["channels"]["room"]["address"], "room:{room}");
    /// ```
    #[must_use]
    pub fn contract() -> Documents {
        let outline = schema::outline(&E::CONTRACT.into());
        let schema = schema::document(&outline);
        let hash = schema["x-triwire"]["hash"].as_str().unwrap_or_default().to_owned();
        let (asyncapi, openapi) = (asyncapi::document(&outline, &hash), openapi::document(&outline, &hash));
        let declarations = typescript::declarations(&schema);
        Documents { schema, asyncapi, openapi, declarations, hash }
    }
}

impl Documents {
    /// The client of this enum, an ES module. It imports its core from there: the package `triwire` for who bundles, or the hub's own
    /// `./triwire.js`, as in what `GET /client.js` answers.
    #[must_use]
    pub fn module(&self, core: &str) -> String {
        typescript::module(&self.schema, core)
    }

    /// Each with the name of its file; JSON as `json` writes it, and `core` for [`Self::module`].
    pub(crate) fn files(&self, json: impl Fn(&Value) -> String, core: &str) -> [(&'static str, String); 5] {
        [
            ("schema.json", json(&self.schema)),
            ("asyncapi.json", json(&self.asyncapi)),
            ("openapi.json", json(&self.openapi)),
            ("client.js", self.module(core)),
            ("client.d.ts", self.declarations.clone()),
        ]
    }
}

/// A document as it is answered: made once, and not sent again to who has it.
pub(crate) struct Answer {
    text: Bytes,
    media: HeaderValue,
    tag: HeaderValue,
}

impl Answer {
    pub(crate) fn new(name: &str, text: impl Into<Bytes>) -> Self {
        let text = text.into();
        let tag = format!("\"{}\"", digest(&text)).try_into().expect("digits are a header's value");
        let media = match name.split_once('.') {
            Some(("schema", "json")) => "application/schema+json",
            Some((_, "json")) => "application/json",
            Some((_, "js")) => "text/javascript; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        };
        Self { text, media: HeaderValue::from_static(media), tag }
    }

    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response {
        let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let had = tags.flat_map(|list| list.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == self.tag);
        let mut response = Response::new(if had { Body::empty() } else { Body::from(self.text.clone()) });
        if had {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.media.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::ETAG, self.tag.clone());
        response
    }
}

/// Lets `cargo triwire` read the contracts of these enums, wherever they are: one line, beside the enum.
///
/// ```
/// # use triwire::Realtime;
/// # #[derive(Realtime, serde::Serialize, schemars::JsonSchema)]
/// # enum ChatEvent { Notice { text: String } }
/// triwire::contract!(ChatEvent);
/// # fn main() {}
/// ```
///
/// It is a test, and nothing at all in a build that is none: `cargo triwire` runs it, and it writes the documents where it is told to.
/// Run with the other tests it makes them, too, and tells of those that cannot be made.
#[macro_export]
macro_rules! contract {
    ($($event:ty),+ $(,)?) => {
        #[cfg(test)]
        #[test]
        fn triwire_contract() -> ::std::io::Result<()> {
            $($crate::__private::write_contract::<$event>()?;)+
            ::core::result::Result::Ok(())
        }
    };
}

/// The folder that `cargo triwire` waits for.
const FOLDER: &str = "TRIWIRE_CONTRACT";

/// Writes an enum's documents into a folder of its name, where somebody waits for them.
///
/// # Errors
/// Where the folder cannot be written, or is another enum's already.
#[doc(hidden)]
pub fn write_contract<E: Realtime>() -> std::io::Result<()> {
    let documents = Hub::<E>::contract();
    let Some(folder) = std::env::var_os(FOLDER) else { return Ok(()) };
    let folder = PathBuf::from(folder).join(E::CONTRACT.name);
    fs::create_dir_all(&folder)?;
    documents
        .files(|document| format!("{document:#}\n"), "triwire")
        .into_iter()
        .try_for_each(|(name, text)| write(&folder.join(name), &text))
}

/// A library and a program may both have the enum, and write the same; two enums of one name would hide each other.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::read_to_string(path) {
        Ok(before) if before == text => Ok(()),
        Ok(_) => Err(Error::new(ErrorKind::AlreadyExists, format!("{}: another enum has this name", path.display()))),
        Err(_) => fs::write(path, text),
    }
}
