//! What networks and proxies do, and what a reader makes of it.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use triwire::client::{ClientError, RemoteHub, Status, Transport};
use triwire::{GapReason, Item, Since};
use triwire_tests::relay::Fault;

use super::app::{App, NoteChannel, NoteEvent, hears, is, next};
use super::items::TRANSPORTS;

#[tokio::test]
async fn nothing_is_lost_by_a_cut() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let mut reader = app.reader(transport).await;
        for round in 0..3 {
            app.say(round * 10).await;
            hears(&mut reader, [round * 10]).await;
            app.relay.cut();
            app.say_all(round * 10 + 1..round * 10 + 5).await;
            hears(&mut reader, round * 10 + 1..round * 10 + 5).await;
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_where_each_connection_is_cut_after_some_bytes() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let mut reader = app.reader(transport).await;
        app.relay.set(Fault::Chop(3_000));
        app.relay.cut();
        for round in 0..10 {
            app.say_all(round * 3..round * 3 + 3).await;
            hears(&mut reader, round * 3..round * 3 + 3).await;
        }
        app.relay.set(Fault::None);
    }
}

#[tokio::test]
async fn a_connection_that_stalls_is_found_dead_and_left() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let mut reader = app.reader(transport).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
        app.relay.set(Fault::Stall);
        app.say(2).await;
        is(&reader, |status| matches!(status, Status::Resting(_))).await;
        app.relay.set(Fault::None);
        hears(&mut reader, [2]).await;
    }
}

#[tokio::test]
async fn an_outage_ends_when_the_server_is_back() {
    let app = App::start().await;
    for fault in [Fault::BadGateway, Fault::Refuse] {
        let remote = app.remote().build().expect("a URL");
        let mut reader = app.reader_of(&remote).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
        app.relay.set(fault);
        app.relay.cut();
        app.say(2).await;
        let before = app.relay.accepted();
        sleep(Duration::from_secs(4)).await;
        let attempts = app.relay.accepted() - before;
        assert!((1..=10).contains(&attempts), "{attempts} attempts in 4 s of {fault:?}");
        app.relay.set(Fault::None);
        hears(&mut reader, [2]).await;
    }
}

#[tokio::test]
async fn where_upgrades_are_forbidden_it_falls_to_sse_and_where_streams_are_kept_back_to_polls() {
    let app = App::start().await;
    let remote = app.remote().build().expect("a URL");
    for (fault, transport) in [(Fault::NoUpgrade, Transport::Sse), (Fault::Buffer, Transport::Poll)] {
        app.relay.set(fault);
        let mut reader = app.reader_of(&remote).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
        assert_eq!(reader.status(), Status::Connected(transport), "{fault:?}");
        app.say(2).await;
        hears(&mut reader, [2]).await;
    }
}

#[tokio::test]
async fn a_drain_is_waited_for_and_a_restart_is_a_gap() {
    let mut app = App::start().await;
    for transport in TRANSPORTS {
        let mut reader = app.reader(transport).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
        app.hub.drain(Duration::from_millis(300)).await;
        is(&reader, |status| matches!(status, Status::Resting(_))).await;
        app.restart().await;
        app.say(2).await;
        let gap = next(&mut reader).await;
        assert!(matches!(&gap, Some(Ok(Item::Gap { gap, .. })) if gap.reason == GapReason::Reset), "{transport:?} {gap:?}");
        hears(&mut reader, [2]).await;
    }
}

#[tokio::test]
async fn a_close_code_is_heard_where_no_bye_was() {
    for (code, error) in [(1008, ClientError::Denied), (4400, ClientError::NotUnderstood), (4401, ClientError::Expired)] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("the loopback listens");
        let url = format!("http://{}/notes", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.expect("a client");
            let mut socket = accept_async(socket).await.expect("an upgrade");
            socket.close(Some(CloseFrame { code: code.into(), reason: "".into() })).await.expect("it is sent");
            while socket.next().await.is_some() {}
        });
        let remote = RemoteHub::<NoteEvent>::at(url).build().expect("a URL");
        let mut reader = remote.subscribe([NoteChannel::room("tea")], Since::Now).expect("a channel");
        assert_eq!(next(&mut reader).await, Some(Err(error)));
        serving.await.expect("it serves");
    }
}
