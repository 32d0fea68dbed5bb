//! Identities that expire, and are renewed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use tokio::net::TcpStream;
use triwire::Since;
use triwire::client::{BoxError, ClientError, Credentials};

use super::app::{App, NoteChannel, hears, next};
use super::items::TRANSPORTS;

fn brief(name: &str) -> Result<Credentials, BoxError> {
    Credentials::bearer(name)?.and_header("x-lasts", "700")
}

#[tokio::test]
async fn an_identity_that_expires_is_renewed_and_nothing_is_lost() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let expired = Arc::new(AtomicU64::new(0));
        let count = expired.clone();
        let remote = app.remote().transports([transport]).renewed_by(move |expired| {
            count.fetch_add(u64::from(expired), Relaxed);
            async { brief("ada") }
        });
        let mut reader = app.reader_of(&remote.build().expect("a URL")).await;
        // A poll is answered before its identity expires, as long as something happens; then nothing does.
        for number in 0..8 {
            app.say(number).await;
            hears(&mut reader, [number]).await;
            tokio::time::sleep(Duration::from_millis(if number < 6 { 200 } else { 1_000 })).await;
        }
        assert!(expired.load(Relaxed) >= 1, "{transport:?}");
    }
}

#[tokio::test]
async fn without_another_identity_the_end_of_it_is_the_end() {
    let app = App::start().await;
    let [ws, sse, _] = TRANSPORTS;
    for transport in [ws, sse] {
        let remote = app.remote().transports([transport]).credentials(brief("ada").expect("headers")).build().expect("a URL");
        let mut reader = app.reader_of(&remote).await;
        assert_eq!(next(&mut reader).await, Some(Err(ClientError::Expired)), "{transport:?}");
    }
}

#[tokio::test]
async fn a_refused_identity_is_renewed_once_and_then_an_error() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        for (names, is_in) in [(["expired", "ada"], true), (["expired", "expired"], false)] {
            let remote = app
                .remote()
                .transports([transport])
                .renewed_by(move |expired| async move { Credentials::bearer(names[usize::from(expired)]) });
            let mut reader = app.reader_of(&remote.build().expect("a URL")).await;
            if is_in {
                app.say(1).await;
                hears(&mut reader, [1]).await;
            } else {
                let error = next(&mut reader).await;
                assert!(matches!(&error, Some(Err(ClientError::Refused(refused))) if refused.status == 401), "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_user_who_is_disconnected_has_come_to_the_end() {
    let app = App::start().await;
    let [ws, sse, _] = TRANSPORTS;
    for transport in [ws, sse] {
        let remote = app.remote().transports([transport]).credentials(Credentials::bearer("ada").expect("a header"));
        let mut reader = app.reader_of(&remote.build().expect("a URL")).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
        app.hub.disconnect("ada").await;
        assert_eq!(next(&mut reader).await, Some(Err(ClientError::Denied)), "{transport:?}");
    }
}

/// Asks the hub for a ticket.
async fn ticket(address: std::net::SocketAddr) -> Result<String, BoxError> {
    let socket = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    let request = hyper::Request::post("/notes/ticket").header("host", address.to_string()).header("content-type", "application/json");
    let response = sender.send_request(request.header("authorization", "Bearer ada").body(Full::new(Bytes::from_static(b"{}")))?).await?;
    let answer: serde_json::Value = serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?;
    Ok(answer["ticket"].as_str().ok_or("no ticket")?.to_owned())
}

#[tokio::test]
async fn a_ticket_is_asked_for_before_each_connection_and_each_command() {
    let app = App::start().await;
    let address = app.relay.address;
    for transport in TRANSPORTS {
        let ask = move |_| async move { ticket(address).await.map(Credentials::ticket) };
        let remote = app.remote().transports([transport]).renewed_by(ask).build().expect("a URL");
        let mut reader = remote.subscribe([NoteChannel::room("tea")], app.hub.position().await).expect("a channel");
        app.say(1).await;
        hears(&mut reader, [1]).await;
        app.relay.cut();
        app.say(2).await;
        hears(&mut reader, [2]).await;
        let reply: u64 = remote.command(&super::app::NoteCommand::Say { room: "tea".into(), number: 77 }).await.expect("a reply");
        assert_eq!(reply, 77, "it is Ada's ticket");
        hears(&mut reader, [77]).await;
    }
}

#[tokio::test]
async fn who_has_no_credentials_now_is_asked_again() {
    let app = App::start().await;
    let asked = Arc::new(AtomicU64::new(0));
    let remote = app.remote().renewed_by(move |_| {
        let first = asked.fetch_add(1, Relaxed) == 0;
        async move { if first { Err("the bank is closed".into()) } else { Credentials::bearer("ada") } }
    });
    let mut reader = remote.build().expect("a URL").subscribe([NoteChannel::room("tea")], Since::Earliest).expect("a channel");
    app.say(1).await;
    hears(&mut reader, [1]).await;
}
