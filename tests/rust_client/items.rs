//! What a reader gives, by each transport.

use std::time::Duration;

use axum::Router;
use tokio::time::timeout;
use triwire::client::{ClientError, ConnectError, RemoteHub, Status, Transport};
use triwire::{Gap, GapReason, Hub, Item, Since};
use triwire_tests::client::PATIENCE;
use triwire_tests::server::{By, Server};

use super::app::{App, LaterEvent, NoteChannel, NoteEvent, hears, is, next};

pub(super) const TRANSPORTS: [Transport; 3] = [Transport::WebSocket, Transport::Sse, Transport::Poll];

#[tokio::test]
async fn events_come_typed_once_and_in_order_by_each_transport() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let mut reader = app.reader(transport).await;
        app.say_all([1, 2]).await;
        hears(&mut reader, [1, 2]).await;
        assert_eq!(reader.status(), Status::Connected(transport));
        let last = app.say(3).await;
        hears(&mut reader, [3]).await;
        assert_eq!(reader.position(), Some(last), "the position is that of what was given");
    }
}

#[tokio::test]
async fn a_position_is_good_for_every_transport() {
    let app = App::start().await;
    let mut reader = app.reader(Transport::WebSocket).await;
    for (begin, transport) in (0..).step_by(3).zip(TRANSPORTS.into_iter().cycle().skip(1).take(6)) {
        app.say_all(begin..begin + 3).await;
        hears(&mut reader, begin..begin + 2).await;
        let remote = app.remote().transports([transport]).build().expect("a URL");
        let position = reader.position().expect("it has one");
        reader = remote.subscribe([NoteChannel::room("tea")], position).expect("a channel");
        hears(&mut reader, [begin + 2]).await;
    }
}

#[tokio::test]
async fn what_was_lost_is_a_gap_and_the_stream_goes_on() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let since = app.hub.position().await;
        app.say_all(0..40).await;
        let remote = app.remote().transports([transport]).build().expect("a URL");
        let mut reader = remote.subscribe([NoteChannel::room("tea")], since).expect("a channel");
        let gap = next(&mut reader).await;
        let told = |gap: &Gap| gap.reason == GapReason::Expired && gap.missed == Some(8) && gap.until.offset == since.offset + 8;
        assert!(matches!(&gap, Some(Ok(Item::Gap { channel, gap })) if channel == "room:tea" && told(gap)), "{gap:?}");
        hears(&mut reader, 8..40).await;
    }
}

#[tokio::test]
async fn whoever_takes_nothing_is_overtaken_and_told() {
    let app = App::start().await;
    let mut reader = app.reader(Transport::Sse).await;
    app.say(0).await;
    hears(&mut reader, [0]).await;
    let mut told = false;
    for number in 1..20_000 {
        app.say(number).await;
    }
    loop {
        match next(&mut reader).await {
            Some(Ok(Item::Gap { .. })) => told = true,
            Some(Ok(Item::Event { event: NoteEvent::Said { number: 19_999, .. }, .. })) => break,
            Some(Ok(Item::Event { .. })) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(told);
}

#[tokio::test]
async fn a_stream_ends_when_each_of_its_channels_has() {
    let app = App::start().await;
    for (room, transport) in ["one", "two", "three"].into_iter().zip(TRANSPORTS) {
        let remote = app.remote().transports([transport]).build().expect("a URL");
        let channels = [room, "other"].map(NoteChannel::room);
        let mut reader = remote.subscribe(channels, app.hub.position().await).expect("channels");
        is(&reader, |status| status == Status::Connected(transport)).await;
        app.hub.publish(NoteEvent::Closed { room: room.into() }).await.expect("it is taken");
        assert!(matches!(next(&mut reader).await, Some(Ok(Item::Event { event: NoteEvent::Closed { .. }, .. }))));
        assert!(matches!(next(&mut reader).await, Some(Ok(Item::Ended { channel, .. })) if channel == format!("room:{room}")));
        app.hub.publish(NoteEvent::Said { room: "other".into(), number: 1 }).await.expect("it is taken");
        hears(&mut reader, [1]).await;
    }
    app.hub.publish(NoteEvent::Closed { room: "other".into() }).await.expect("it is taken");
    for transport in TRANSPORTS {
        let remote = app.remote().transports([transport]).build().expect("a URL");
        for since in [Since::Earliest, Since::At(app.hub.position().await)] {
            let mut reader = remote.subscribe([NoteChannel::room("other")], since).expect("a channel");
            let mut items = Vec::new();
            while let Some(item) = next(&mut reader).await {
                items.push(item.expect("no error"));
            }
            assert!(items.is_empty() || matches!(items.last(), Some(Item::Ended { .. })), "{items:?}");
            assert_eq!(reader.status(), Status::Over);
        }
    }
}

#[tokio::test]
async fn the_state_of_a_channel_comes_first_for_whom_asks() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let remote = app.remote().transports([transport]).snapshot(true).build().expect("a URL");
        let mut reader = remote.subscribe([NoteChannel::room("tea")], Since::Now).expect("a channel");
        assert!(matches!(next(&mut reader).await, Some(Ok(Item::Snapshot { snapshot, .. })) if snapshot == "room:tea"));
        is(&reader, |status| status == Status::Connected(transport)).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
    }
}

#[tokio::test]
async fn an_event_of_a_newer_server_is_unknown_and_the_stream_goes_on() {
    let hub = Hub::<LaterEvent>::new();
    let server = Server::start(By::Triwire, Router::new().nest("/notes", hub.endpoints().into_router())).expect("the loopback listens");
    for transport in TRANSPORTS {
        let remote = RemoteHub::<NoteEvent>::at(format!("http://{}/notes", server.address)).transports([transport]).build().expect("a URL");
        let mut reader = remote.subscribe([NoteChannel::room("tea")], hub.position().await).expect("a channel");
        hub.publish(LaterEvent::Sung { room: "tea".into(), song: "la".into() }).await.expect("it is taken");
        hub.publish(LaterEvent::Said { room: "tea".into(), number: 7 }).await.expect("it is taken");
        assert!(matches!(next(&mut reader).await, Some(Ok(Item::Unknown { event, .. })) if event["song"] == "la"));
        hears(&mut reader, [7]).await;
    }
}

#[tokio::test]
async fn an_item_that_is_not_known_is_left_out() {
    let stream = "retry: 5000\ndata: {\"position\":\"a-1\"}\n\ndata: {\"channel\":\"room:tea\",\"presence\":{}}\n\ndata: no JSON\n\n\
                  data: {\"channel\":\"room:tea\",\"id\":\"a-2\",\"event\":{\"type\":\"said\",\"room\":\"tea\",\"number\":1}}\n\n";
    let answer = move || async move { ([("content-type", "text/event-stream")], stream) };
    let server = Server::start(By::Triwire, Router::new().route("/notes/sse", axum::routing::get(answer))).expect("the loopback listens");
    let remote =
        RemoteHub::<NoteEvent>::at(format!("http://{}/notes", server.address)).transports([Transport::Sse]).build().expect("a URL");
    let mut reader = remote.subscribe([NoteChannel::room("tea")], Since::Now).expect("a channel");
    // Before it could have come back.
    timeout(Duration::from_secs(3), hears(&mut reader, [1])).await.expect("the same stream goes on");
}

#[tokio::test]
async fn a_reader_that_is_dropped_leaves() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let mut reader = app.reader(transport).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
        drop(reader);
        let gone = async {
            while app.hub.stats().connections > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, gone).await.expect("it leaves");
    }
}

#[tokio::test]
async fn what_the_hub_refuses_is_an_error_and_the_end() {
    let app = App::start().await;
    for transport in TRANSPORTS {
        let remote = app.remote().transports([transport]).build().expect("a URL");
        let mut reader = remote.subscribe([NoteChannel::room("secret")], Since::Now).expect("a channel");
        let error = next(&mut reader).await;
        let Some(Err(ClientError::Refused(refused))) = error else { panic!("{error:?}") };
        assert_eq!((refused.status, refused.code.as_deref()), (403, Some("denied")));
        assert!(next(&mut reader).await.is_none());

        let remote = RemoteHub::<NoteEvent>::at(format!("http://{}/nowhere", app.relay.address)).transports([transport]).build();
        let mut reader = remote.expect("a URL").subscribe([NoteChannel::room("tea")], Since::Now).expect("a channel");
        let error = next(&mut reader).await;
        assert!(matches!(&error, Some(Err(ClientError::Refused(refused))) if refused.status == 404), "{error:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_before() {
    let error = |url: &str| RemoteHub::<NoteEvent>::at(url).build().err();
    assert_eq!(error("chat"), Some(ConnectError::Url("chat".into())));
    assert_eq!(RemoteHub::<NoteEvent>::at("http://localhost/").transports([]).build().err(), Some(ConnectError::Transports));
    let remote = RemoteHub::<NoteEvent>::at("http://localhost/").build().expect("a URL");
    assert!(remote.subscribe([NoteChannel::room("")], Since::Now).is_err());
    let mut none = remote.subscribe([], Since::Now).expect("no channel is no mistake");
    assert!(next(&mut none).await.is_none(), "and nothing comes of it");
}
