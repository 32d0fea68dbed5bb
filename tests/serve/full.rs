//! A server that has no more room.

use std::time::Duration;

use futures_util::StreamExt;
use triwire::ServeLimits;

use triwire_tests::chat::Chat;

use super::app::{App, quick};
use super::client::{Raw, within};

#[tokio::test]
async fn who_is_one_too_many_is_told_to_come_back_and_has_a_place_when_another_goes() {
    let app = App::start(ServeLimits { connections: 2, ..quick() }).await;
    let (mut one, mut other) = (Raw::open(app.address).await, Raw::open(app.address).await);
    one.get("/").await;
    other.get("/").await;
    let mut seconds = Vec::new();
    for _ in 0..10 {
        // Also one that says nothing yet.
        let mut client = Raw::open(app.address).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (503, Some("close")));
        assert!(answer.body.contains(r#""code":"busy""#), "{answer:?}");
        seconds.push(answer.header("retry-after").expect("when").to_owned());
    }
    seconds.sort();
    seconds.dedup();
    assert!(seconds.len() > 3, "they come back spread: {seconds:?}");
    drop(one);
    within(async {
        while Raw::open(app.address).await.get("/").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_websocket_keeps_its_place() {
    let app = App::start(ServeLimits { connections: 1, ..quick() }).await;
    let url = format!("ws://{}/hub/ws?channel=ticks", app.address);
    let (mut socket, _) = within(tokio_tungstenite::connect_async(&url)).await.expect("an upgrade");
    within(socket.next()).await.expect("open").expect("a position");
    assert_eq!(Raw::open(app.address).await.answer().await.status, 503);
    drop(socket);
    within(async {
        while Raw::open(app.address).await.get("/").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn without_a_descriptor_left_it_waits_and_goes_on_when_one_is_free() {
    let mut chat = Chat::start_by(&["sh", "-c", r#"ulimit -n 40 && exec "$0""#]);
    let mut served = Vec::new();
    let mut waiting = loop {
        let mut client = Raw::open(chat.address).await;
        client.send("GET /stats HTTP/1.1\r\nhost: test\r\n\r\n").await;
        if client.is_quiet(Duration::from_secs(1)).await {
            break client;
        }
        served.push(client);
    };
    assert!((10..40).contains(&served.len()), "{} are served", served.len());
    // For longer than a pause, so that it has tried again.
    assert!(waiting.is_quiet(Duration::from_millis(1_200)).await);
    assert_eq!(served[0].get("/stats").await.status, 200, "who is connected is served as ever");
    served.truncate(5);
    assert_eq!(waiting.answer().await.status, 200);
    assert_eq!(Raw::open(chat.address).await.get("/stats").await.status, 200);
    assert!(chat.process.try_wait().expect("it is a child").is_none(), "it lives");
}
