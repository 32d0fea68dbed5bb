//! A server that has no more room.

use std::time::Duration;

use futures_util::StreamExt;
use triwire::ServeLimits;

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
