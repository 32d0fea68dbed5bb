//! What all examples share: a page, a port, and an end that tells everybody.

use std::io::{Error, ErrorKind, Write as _};
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
#[cfg(target_os = "linux")]
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use triwire::{Hub, PublishError, Realtime, Refusal};

/// How long the streams may take to end.
const DRAIN: Duration = Duration::from_secs(3);
/// How long the rest may take then: a client that never reads holds nobody.
const REST: Duration = Duration::from_secs(2);
/// How long a client may take none of its bytes: the kernel closes it then, as no HTTP server does by itself.
#[cfg(target_os = "linux")]
const STALLED: Duration = Duration::from_secs(10);

/// Serves the page and the application on 127.0.0.1 at `PORT`, 3000 by default, until SIGINT or SIGTERM; then drains the hub and ends.
///
/// # Errors
/// When `PORT` is no port, or is taken.
pub async fn serve<E: Realtime>(name: &str, page: &'static str, app: Router, hub: Hub<E>) -> std::io::Result<()> {
    let style = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    let app = app.route("/", get(async move || Html(page))).route("/style.css", get(async move || (style, include_str!("style.css"))));
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".into());
    let port: u16 = port.parse().map_err(|_| Error::new(ErrorKind::InvalidInput, format!("`PORT={port}` is no port: write a number")))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|error| Error::new(error.kind(), format!("{error}: set `PORT` to another than {port}")))?;
    let address = listener.local_addr()?;
    #[cfg(target_os = "linux")]
    let listener = listener.tap_io(|tcp| {
        if let Err(error) = socket2::SockRef::from(&*tcp).set_tcp_user_timeout(Some(STALLED)) {
            eprintln!("a client that takes nothing will not be closed: {error}");
        }
    });
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut out = std::io::stdout();
    writeln!(out, "{name}: http://{address}")?;
    out.flush()?;

    let (drained, after) = tokio::sync::oneshot::channel();
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        hub.drain(DRAIN).await;
        let _ = drained.send(());
    };
    tokio::select! {
        served = axum::serve(listener, app).with_graceful_shutdown(stop) => served,
        () = async {
            let _ = after.await;
            tokio::time::sleep(REST).await;
        } => Ok(()),
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
