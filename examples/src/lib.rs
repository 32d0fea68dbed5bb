//! What the examples share: a page, a port, an end that tells everybody, and a user for those that want one.

use std::borrow::Cow;
use std::io::{Error, ErrorKind, Write as _};
use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::{FromRequestParts, Query, rejection::QueryRejection};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;
use triwire::{Hub, Identity, PublishError, Realtime, Refusal};

/// Serves the page and the application on 127.0.0.1 at `PORT`, 3000 by default, until SIGINT or SIGTERM; then drains the hub and ends.
///
/// # Errors
/// When `PORT` is no port, or is taken.
pub async fn serve<E: Realtime>(name: &str, page: &'static str, app: Router, hub: Hub<E>) -> std::io::Result<()> {
    serve_at(listen().await?, name, page, app, hub).await
}

/// Takes the port, for an application that must know it before it is served, by [`serve_at`].
///
/// # Errors
/// When `PORT` is no port, or is taken.
pub async fn listen() -> std::io::Result<TcpListener> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".into());
    let port: u16 = port.parse().map_err(|_| Error::new(ErrorKind::InvalidInput, format!("`PORT={port}` is no port: write a number")))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|error| Error::new(error.kind(), format!("{error}: set `PORT` to another than {port}")))
}

/// The rest of [`serve`].
///
/// # Errors
/// When the address cannot be printed.
pub async fn serve_at<E: Realtime>(listener: TcpListener, name: &str, page: &'static str, app: Router, hub: Hub<E>) -> std::io::Result<()> {
    let style = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    let app = app.route("/", get(async move || Html(page))).route("/style.css", get(async move || (style, include_str!("style.css"))));
    let mut out = std::io::stdout();
    writeln!(out, "{name}: http://{}", listener.local_addr()?)?;
    out.flush()?;
    triwire::serve(listener, app).drain(&hub).shutdown(triwire::shutdown_signal()).await
}

/// A name that nobody had and nobody guesses: a channel without `authorize` is open to who knows its name.
#[must_use]
pub fn unguessed() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    format!("{:016x}", RandomState::new().hash_one(0))
}

/// Who it is by their own word, `?as=Ada`; `curl` may say nothing, and is nobody. Yours would be of a cookie that is signed.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// Their name, which is their key too.
    #[serde(default, rename = "as")]
    pub name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Query::from_request_parts(parts, state).await.map(|Query(user)| user)
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

/// An event that was not published, as an answer.
#[derive(Debug)]
pub struct Unpublished(PublishError);

impl From<PublishError> for Unpublished {
    fn from(error: PublishError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Unpublished {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            PublishError::Refused(Refusal::Channel(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            PublishError::Refused(Refusal::Large { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, self.0.to_string()).into_response()
    }
}
