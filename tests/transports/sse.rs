//! Server-Sent Events: what an `EventSource` and `curl -N` see.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Version;
use triwire::Limits;

use super::chat::ChatEvent;
use super::client::{Sse, get, get_by, whole};
use super::server::{Server, message, quick};

const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

#[tokio::test]
async fn the_first_bytes_come_at_once_and_let_a_client_resume_that_never_saw_an_event() {
    for version in VERSIONS {
        let server = Server::new().await;
        let last = server.say("lobby", "before").await;
        let response = get_by(version, server.address, "/chat/sse?channel=room:lobby", &[]).await;
        let header = |name| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
        assert_eq!(header("cache-control").as_deref(), Some("no-cache, no-transform"));
        assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
        assert_eq!(header("content-encoding"), None);
        assert_eq!(header("connection"), None);
        let mut sse = Sse::of(response);
        // In one block with the first item: httpx-sse takes a `retry` alone for a message without data.
        let opening = sse.block().await.expect("a block");
        let (field, retry) = &opening.fields[0];
        assert_eq!(field, "retry");
        let retry: u64 = retry.parse().expect("a number");
        assert!((1_000..=3_000).contains(&retry), "{retry} is 2,000 give or take a half");
        assert_eq!(opening.field("id"), Some(&*last.to_string()));
        assert_eq!(opening.data(), format!(r#"{{"position":"{last}"}}"#));
    }
}

#[tokio::test]
async fn an_event_is_an_id_and_one_data_line_and_nothing_else() {
    for version in VERSIONS {
        let server = Server::new().await;
        let mut sse = Sse::of(get_by(version, server.address, "/chat/sse?channel=room:lobby", &[]).await);
        sse.item().await;
        let id = server.say("lobby", "hello").await;
        let block = sse.item().await;
        let expected = [("id", id.to_string()), ("data", message("lobby", "hello", id))].map(|(name, value)| (name.to_owned(), value));
        assert_eq!(block.fields, expected);
    }
}

#[tokio::test]
async fn a_volatile_event_has_no_id_and_is_never_replayed() {
    let server = Server::new().await;
    let mut sse = Sse::open(server.address, "channel=room:lobby").await;
    let opening = sse.item().await;
    server.typing("lobby").await;
    let block = sse.item().await;
    assert_eq!(block.field("id"), None);
    assert_eq!(block.data(), r#"{"channel":"room:lobby","event":{"type":"typing","room":"lobby"}}"#);
    let id = server.say("lobby", "said").await;
    let mut again = Sse::resume(server.address, "channel=room:lobby", opening.field("id")).await;
    again.item().await;
    assert_eq!(again.item().await.field("id"), Some(&*id.to_string()));
}

#[tokio::test]
async fn events_of_several_channels_come_in_the_order_of_the_hub_and_a_repeated_channel_once() {
    let server = Server::new().await;
    let mut sse = Sse::open(server.address, "channel=room:a&channel=lobby&channel=room:a").await;
    sse.item().await;
    let ids = [server.say("a", "1").await, server.notice("2").await, server.say("b", "not asked").await, server.say("a", "3").await];
    for id in [ids[0], ids[1], ids[3]] {
        assert_eq!(sse.item().await.field("id"), Some(&*id.to_string()));
    }
}

#[tokio::test]
async fn a_channel_may_have_a_number_for_a_parameter() {
    let server = Server::new().await;
    let mut sse = Sse::open(server.address, "channel=seat:7").await;
    sse.item().await;
    server.hub.publish(ChatEvent::Taken { number: 8 }).await.expect("published");
    server.hub.publish(ChatEvent::Taken { number: 7 }).await.expect("published");
    assert_eq!(sse.item().await.json()["channel"], "seat:7");
}

#[tokio::test]
async fn the_last_event_id_wins_over_the_since_of_the_url() {
    let server = Server::new().await;
    let [first, second, third] = [server.say("lobby", "1").await, server.say("lobby", "2").await, server.say("lobby", "3").await];
    let mut sse = Sse::resume(server.address, &format!("channel=room:lobby&since={first}"), Some(&second.to_string())).await;
    let opening = sse.item().await;
    assert_eq!(opening.data(), format!(r#"{{"position":"{second}"}}"#), "as it came");
    assert_eq!(sse.item().await.field("id"), Some(&*third.to_string()));
}

#[tokio::test]
async fn an_empty_last_event_id_is_absent() {
    let server = Server::new().await;
    let [first, second] = [server.say("lobby", "1").await, server.say("lobby", "2").await];
    let mut sse = Sse::resume(server.address, &format!("channel=room:lobby&since={first}"), Some("")).await;
    sse.item().await;
    assert_eq!(sse.item().await.field("id"), Some(&*second.to_string()));
}

#[tokio::test]
async fn a_malformed_last_event_id_is_a_reset_and_the_stream_goes_on() {
    for last in ["nonsense", "1z-01", "earliest", "42", "a-1 b"] {
        let server = Server::new().await;
        let id = server.say("lobby", "kept").await;
        let mut sse = Sse::resume(server.address, "channel=room:lobby", Some(last)).await;
        let gap = sse.item().await;
        assert_eq!(gap.field("id"), None, "a gap is no place");
        assert_eq!(gap.json()["gap"]["reason"], "reset", "{last}");
        assert!(gap.json()["gap"]["missed"].is_null());
        assert_eq!(sse.item().await.data(), format!(r#"{{"position":"{}-0"}}"#, id.epoch));
        assert_eq!(sse.item().await.data(), message("lobby", "kept", id));
    }
}

#[tokio::test]
async fn a_position_of_another_epoch_is_repeated_and_then_a_reset() {
    let server = Server::new().await;
    let id = server.say("lobby", "kept").await;
    let mut sse = Sse::open(server.address, "channel=room:lobby&since=zzz-7").await;
    let opening = sse.item().await;
    assert_eq!(opening.field("id"), Some("zzz-7"));
    assert_eq!(sse.item().await.json()["gap"]["reason"], "reset");
    assert_eq!(sse.item().await.json()["position"], format!("{}-0", id.epoch));
    assert_eq!(sse.item().await.data(), message("lobby", "kept", id));
}

#[tokio::test]
async fn a_position_beyond_the_newest_is_a_reset() {
    let server = Server::new().await;
    let id = server.say("lobby", "kept").await;
    let mut sse = Sse::open(server.address, &format!("channel=room:lobby&since={}-{}", id.epoch, u64::MAX)).await;
    sse.item().await;
    assert_eq!(sse.item().await.json()["gap"]["reason"], "reset");
    sse.item().await;
    assert_eq!(sse.item().await.data(), message("lobby", "kept", id));
}

#[tokio::test]
async fn since_earliest_has_no_opening_and_begins_with_the_oldest_event() {
    let server = Server::new().await;
    let [first, second] = [server.say("lobby", "1").await, server.say("lobby", "2").await];
    let mut sse = Sse::open(server.address, "channel=room:lobby&since=earliest").await;
    assert_eq!(sse.item().await.data(), message("lobby", "1", first));
    assert_eq!(sse.item().await.data(), message("lobby", "2", second));
}

#[tokio::test]
async fn the_first_bytes_do_not_wait_for_an_item() {
    let server = Server::new().await;
    let mut body = get(server.address, "/chat/sse?channel=room:empty&since=earliest", &[]).await.into_body();
    let first = tokio::time::timeout(Duration::from_secs(2), body.frame()).await.expect("at once");
    let bytes = first.expect("a frame").expect("no error").into_data().expect("bytes");
    assert!(bytes.starts_with(b"retry: "));
}

#[tokio::test]
async fn what_a_channel_lost_is_told_before_the_rest_with_its_number() {
    let server = Server::with(Limits { history: 2, ..Limits::default() }, |endpoints| endpoints).await;
    let first = server.say("lobby", "1").await;
    server.say("lobby", "2").await;
    let until = server.say("lobby", "3").await;
    let kept = [server.say("lobby", "4").await, server.say("lobby", "5").await];
    let mut sse = Sse::resume(server.address, "channel=room:lobby", Some(&first.to_string())).await;
    sse.item().await;
    let gap = sse.item().await;
    let expected = format!(r#"{{"channel":"room:lobby","gap":{{"reason":"expired","missed":2,"until":"{until}"}}}}"#);
    assert_eq!((gap.field("id"), gap.data()), (None, &*expected));
    for (id, text) in kept.into_iter().zip(["4", "5"]) {
        assert_eq!(sse.item().await.data(), message("lobby", text, id));
    }
}

#[tokio::test]
async fn silence_is_filled_with_a_position_that_keeps_a_quiet_reader_fresh() {
    let server = Server::with(quick(), |endpoints| endpoints).await;
    let mut sse = Sse::open(server.address, "channel=room:quiet").await;
    sse.item().await;
    let elsewhere = server.say("busy", "elsewhere").await;
    let heartbeat = sse.item().await;
    assert_eq!(heartbeat.field("id"), Some(&*elsewhere.to_string()));
    assert_eq!(heartbeat.data(), format!(r#"{{"position":"{elsewhere}"}}"#));
}

#[tokio::test]
async fn a_full_hub_is_answered_200_with_retry_a_bye_and_the_end() {
    let server = Server::with(Limits { connections: 1, ..Limits::default() }, |endpoints| endpoints).await;
    let _held = Sse::open(server.address, "channel=lobby").await;
    let text = whole(get(server.address, "/chat/sse?channel=lobby", &[]).await).await;
    let (opening, end) = text.split_once('\n').expect("a line");
    let retry = opening.strip_prefix("retry: ").expect("retry first");
    assert_eq!(end, format!("retry: {retry}\ndata: {{\"bye\":{{\"reason\":\"busy\",\"retry_ms\":{retry}}}}}\n\n"));
    assert_eq!(server.hub.stats().refused, 1);
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_place() {
    let server = Server::new().await;
    let sse = Sse::open(server.address, "channel=lobby").await;
    assert_eq!(server.hub.stats().connections, 1);
    drop(sse);
    while server.hub.stats().connections > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn only_an_accept_that_excludes_event_streams_is_refused() {
    let server = Server::new().await;
    for accept in ["text/event-stream", "*/*", "text/*;q=0.1", "text/html, */*;q=0.8", "application/json, Text/Event-Stream"] {
        let response = get(server.address, "/chat/sse?channel=lobby", &[("accept", accept)]).await;
        assert_eq!(response.status(), 200, "{accept}");
    }
    for accept in ["application/json", "text/html", "text/event-stream;q=0"] {
        let response = get(server.address, "/chat/sse?channel=lobby", &[("accept", accept)]).await;
        assert_eq!(response.status(), 406, "{accept}");
    }
}
