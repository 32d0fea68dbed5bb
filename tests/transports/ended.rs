//! Channels that end: each transport says so, and nobody waits for more.

use std::time::Duration;

use serde_json::{Value, json};
use triwire::{Item, Limits, Position, PublishError, Refusal, Since};

use super::chat::ChatEvent;
use super::client::{Sse, Ws, get, poll, within};
use super::server::{Server, message};

const END: &str = r#"{"channel":"room:done","end":{"reason":"ended"}}"#;

async fn close(server: &Server) -> Position {
    server.hub.publish(ChatEvent::Closed { room: "done".into() }).await.expect("published").expect("with a position")
}

fn closed(id: Position) -> String {
    format!(r#"{{"channel":"room:done","id":"{id}","event":{{"type":"closed","room":"done"}}}}"#)
}

fn end() -> Value {
    serde_json::from_str(END).expect("JSON")
}

/// Every item's data, to the end of the stream.
async fn to_the_end(sse: &mut Sse) -> Vec<String> {
    let mut items = Vec::new();
    while let Some(block) = sse.block().await {
        items.extend(block.field("data").map(str::to_owned));
    }
    items
}

#[tokio::test]
async fn a_stream_of_one_channel_ends_with_it_and_whoever_comes_back_is_told_to_stay_away() {
    let server = Server::new().await;
    let mut sse = Sse::open(server.address, "channel=room:done").await;
    let opening = sse.item().await.data().to_owned();
    let said = server.say("done", "so long").await;
    let last = close(&server).await;
    assert_eq!(to_the_end(&mut sse).await, [message("done", "so long", said), closed(last), END.to_owned()]);
    // What was had comes again to nobody, and what was not had comes first.
    let since = serde_json::from_str::<Value>(&opening).expect("JSON")["position"].as_str().expect("a position").to_owned();
    let mut late = Sse::resume(server.address, "channel=room:done", Some(&since)).await;
    assert_eq!(to_the_end(&mut late).await, [opening, message("done", "so long", said), closed(last), END.to_owned()]);
    for query in ["channel=room:done".to_owned(), format!("channel=room:done&since={last}")] {
        let response = get(server.address, &format!("/chat/sse?{query}"), &[("last-event-id", &last.to_string())]).await;
        assert_eq!(response.status(), 204, "{query}");
    }
    // Another channel goes on.
    let both = "channel=room:done&channel=room:open";
    let mut sse = Sse::resume(server.address, both, Some(&last.to_string())).await;
    let told = [sse.item().await, sse.item().await, sse.item().await];
    assert_eq!(told.iter().filter(|item| item.data() == END).count(), 1, "{told:?}");
    let id = server.say("open", "still here").await;
    assert_eq!(sse.item().await.data(), message("open", "still here", id));
}

#[tokio::test]
async fn a_websocket_is_unsubscribed_and_goes_on() {
    let server = Server::new().await;
    let mut ws = Ws::open(server.address, "channel=room:done").await;
    let opening = ws.json().await;
    let mut idle = Ws::open(server.address, "").await;
    let last = close(&server).await;
    assert_eq!((ws.text().await, ws.text().await), (closed(last), END.to_owned()));
    // It may be asked for again, and is then answered, and ended, once more.
    for client in [&mut ws, &mut idle] {
        client.send(json!({ "subscribe": "room:done", "since": opening["position"], "ref": 1 }).to_string()).await;
        assert_eq!(client.text().await, closed(last));
        assert_eq!(client.json().await["ref"], 1);
        let mut next = client.json().await;
        if next.get("position").is_some() {
            next = client.json().await;
        }
        assert_eq!(next, end());
        client.send(r#"{"subscribe":"room:open","ref":2}"#).await;
        assert_eq!(client.json().await["ref"], 2);
    }
    let id = server.say("open", "hello").await;
    for client in [&mut ws, &mut idle] {
        assert_eq!(client.text().await, message("open", "hello", id));
    }
    assert_eq!(server.hub.stats().connections, 2);
}

#[tokio::test]
async fn a_poll_says_it_at_once_and_each_time() {
    let server = Server::new().await;
    let (position, _) = poll(server.address, "channel=room:done").await;
    let query = format!("channel=room:done&since={position}&wait=25");
    let waiting = async { poll(server.address, &query).await };
    let ending = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        close(&server).await
    };
    let ((position, items), last) = tokio::join!(waiting, ending);
    assert_eq!((position, &items[0]["id"], &items[1]), (last.to_string(), &json!(last.to_string()), &end()));
    for _ in 0..2 {
        let (position, items) = poll(server.address, &format!("channel=room:done&since={last}&wait=25")).await;
        assert_eq!((position, items.last()), (last.to_string(), Some(&end())));
    }
}

#[tokio::test]
async fn nothing_is_published_behind_the_last_also_when_the_channel_is_forgotten() {
    let limits = Limits { keep: Duration::from_millis(1), ..Limits::default() };
    let server = Server::with(limits, |endpoints| endpoints).await;
    let (since, _) = poll(server.address, "channel=room:done").await;
    let last = close(&server).await;
    for forgotten in [false, true] {
        let message = ChatEvent::Message { room: "done".into(), text: "late".into() };
        for event in [message, ChatEvent::Typing { room: "done".into() }, ChatEvent::Closed { room: "done".into() }] {
            let refused = server.hub.publish(event).await;
            assert!(matches!(refused, Err(PublishError::Refused(Refusal::Ended))), "{refused:?}, {forgotten}");
        }
        within(async {
            while server.hub.stats().channels > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
    // The last is gone by now: that is told, then the end.
    let (position, items) = poll(server.address, &format!("channel=room:done&since={since}")).await;
    assert_eq!((&items[0]["gap"]["until"], items.last()), (&json!(last.to_string()), Some(&end())));
    let response = get(server.address, "/chat/sse?channel=room:done", &[("last-event-id", &position)]).await;
    assert_eq!(response.status(), 204);
    // From the oldest there is nothing but the end, with a position to come back with.
    let mut sse = Sse::open(server.address, "channel=room:done&since=earliest").await;
    let items = to_the_end(&mut sse).await;
    assert_eq!(items, [format!(r#"{{"position":"{position}"}}"#), END.to_owned()]);
}

#[tokio::test]
async fn who_reads_inside_the_process_comes_to_the_end() {
    let server = Server::new().await;
    let mut items = server.hub.subscribe([super::chat::ChatChannel::room("done")], Since::Now).expect("there is room");
    close(&server).await;
    let mut told = Vec::new();
    while let Some(item) = within(items.next()).await {
        told.push(item);
    }
    assert!(matches!(told[..], [Item::Heartbeat(_), Item::Event { .. }, Item::Ended { .. }]), "{told:?}");
    assert_eq!(server.hub.subscribers(&super::chat::ChatChannel::room("done")), 0);
}

#[tokio::test]
async fn an_end_is_remembered_of_so_many_channels() {
    let server = Server::with(Limits { remembered_channels: 2, ..Limits::default() }, |endpoints| endpoints).await;
    for room in ["a", "b", "c"] {
        server.hub.publish(ChatEvent::Closed { room: room.into() }).await.expect("published");
    }
    let say = |room: &str| server.hub.publish(ChatEvent::Message { room: room.into(), text: "again".into() });
    assert!(say("b").await.is_err() && say("c").await.is_err());
    // The first that ended is known no longer: the channel begins anew, for whoever reads it too.
    let id = say("a").await.expect("published").expect("with a position");
    let (_, items) = poll(server.address, "channel=room:a&since=earliest&wait=0").await;
    assert_eq!((items.len(), &items[1]["id"]), (2, &json!(id.to_string())));
}
