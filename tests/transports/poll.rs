//! Long polling: what a loop around `fetch` sees.

use std::time::{Duration, Instant};

use hyper::Version;
use triwire::Limits;

use super::client::{get, get_by, json, poll, whole};
use super::server::{Server, message};

#[tokio::test]
async fn without_a_since_it_answers_at_once_with_the_present_position() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let server = Server::new().await;
        let last = server.say("lobby", "before").await;
        let response = get_by(version, server.address, "/chat/poll?channel=room:lobby", &[]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(whole(response).await, format!(r#"{{"position":"{last}","items":[]}}"#));
    }
}

#[tokio::test]
async fn the_items_are_byte_for_byte_those_of_the_other_transports() {
    let server = Server::new().await;
    let first = server.say("lobby", "1").await;
    let [second, third] = [server.say("lobby", "2").await, server.say("lobby", "3").await];
    let answer = whole(get(server.address, &format!("/chat/poll?channel=room:lobby&since={first}"), &[]).await).await;
    let items = [message("lobby", "2", second), message("lobby", "3", third)].join(",");
    assert_eq!(answer, format!(r#"{{"position":"{third}","items":[{items}]}}"#));
}

#[tokio::test]
async fn it_waits_for_the_first_item_and_no_longer() {
    let server = Server::new().await;
    let (position, _) = poll(server.address, "channel=room:lobby").await;
    let publish = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.say("elsewhere", "not asked").await;
        server.say("lobby", "late").await
    };
    let began = Instant::now();
    let query = format!("channel=room:lobby&since={position}&wait=25");
    let (answer, id) = tokio::join!(poll(server.address, &query), publish);
    assert!((200..10_000).contains(&began.elapsed().as_millis()));
    assert_eq!(answer.0, id.to_string());
    assert_eq!(answer.1.len(), 1);
    assert_eq!(answer.1[0]["id"], id.to_string());
}

#[tokio::test]
async fn at_the_deadline_it_answers_with_a_fresh_position_and_nothing_else() {
    let server = Server::new().await;
    let (position, _) = poll(server.address, "channel=room:quiet").await;
    let publish = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.say("busy", "elsewhere").await
    };
    let query = format!("channel=room:quiet&since={position}&wait=1");
    let (answer, elsewhere) = tokio::join!(poll(server.address, &query), publish);
    assert_eq!(answer, (elsewhere.to_string(), Vec::new()));
}

#[tokio::test]
async fn a_wait_of_zero_looks_and_answers() {
    let server = Server::new().await;
    let last = server.say("lobby", "1").await;
    let (position, items) = poll(server.address, &format!("channel=room:lobby&since={last}&wait=0")).await;
    assert_eq!((position, items.len()), (last.to_string(), 0));
    let (_, items) = poll(server.address, "channel=room:lobby&since=earliest&wait=0").await;
    assert_eq!(items.len(), 1);
    let (position, items) = poll(server.address, "channel=room:nothing&since=earliest&wait=0").await;
    assert_eq!((position, items.len()), (last.to_string(), 0));
}

#[tokio::test]
async fn a_wait_above_the_limit_is_the_limit_however_many_digits_it_has() {
    let limits = Limits { poll_wait_most: Duration::from_millis(100), ..Limits::default() };
    let server = Server::with(limits, |endpoints| endpoints).await;
    let position = server.say("lobby", "1").await;
    for wait in ["56", "99999999999999999999999999999999"] {
        let (answer, _) = poll(server.address, &format!("channel=room:lobby&since={position}&wait={wait}")).await;
        assert_eq!(answer, position.to_string());
    }
}

#[tokio::test]
async fn an_answer_has_at_most_so_many_items_and_the_next_has_the_rest() {
    let server = Server::with(Limits { poll_items: 3, ..Limits::default() }, |endpoints| endpoints).await;
    let mut position = server.say("lobby", "0").await.to_string();
    let mut ids = Vec::new();
    for text in 1..=7 {
        ids.push(server.say("lobby", &text.to_string()).await.to_string());
    }
    let mut seen = Vec::new();
    for count in [3, 3, 1] {
        let (next, items) = poll(server.address, &format!("channel=room:lobby&since={position}")).await;
        assert_eq!(items.len(), count);
        assert_eq!(items[count - 1]["id"], *next);
        seen.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        position = next;
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn an_answer_has_at_most_so_many_bytes_but_one_item_at_least() {
    let server = Server::with(Limits { poll_bytes: 1_000, ..Limits::default() }, |endpoints| endpoints).await;
    let mut position = server.say("lobby", "0").await.to_string();
    for size in [600, 600, 5_000, 10] {
        server.say("lobby", &"x".repeat(size)).await;
    }
    for count in [1, 1, 1, 1] {
        let (next, items) = poll(server.address, &format!("channel=room:lobby&since={position}")).await;
        assert_eq!(items.len(), count);
        position = next;
    }
}

#[tokio::test]
async fn a_gap_is_an_item_and_where_no_event_follows_a_heartbeat_is() {
    let server = Server::with(Limits { history: 1, ..Limits::default() }, |endpoints| endpoints).await;
    server.say("lobby", "1").await;
    let (position, items) = poll(server.address, "channel=room:none&channel=room:lobby&since=zzz-1").await;
    let reasons: Vec<_> = items.iter().filter(|item| item.get("gap").is_some()).map(|item| &item["gap"]["reason"]).collect();
    assert_eq!(reasons, ["reset", "reset"]);
    assert_eq!(items[2]["position"], position, "after the gaps, the new epoch's zero");
    let (position, items) = poll(server.address, &format!("channel=room:lobby&since={position}")).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"], *position);
}

#[tokio::test]
async fn a_full_hub_says_503_and_when_to_come_back() {
    let server = Server::with(Limits { connections: 0, ..Limits::default() }, |endpoints| endpoints).await;
    let response = get(server.address, "/chat/poll?channel=lobby", &[]).await;
    assert_eq!(response.status(), 503);
    let after: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=3).contains(&after));
    assert_eq!(json(response).await["code"], "busy");
}

#[tokio::test]
async fn a_poll_that_was_answered_or_given_up_is_no_connection() {
    let server = Server::new().await;
    let (position, _) = poll(server.address, "channel=lobby").await;
    let query = format!("channel=lobby&since={position}&wait=25");
    assert!(tokio::time::timeout(Duration::from_millis(100), poll(server.address, &query)).await.is_err());
    while server.hub.stats().connections > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
