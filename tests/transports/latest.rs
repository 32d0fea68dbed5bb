//! Events of which only the newest is kept, of each key.

use triwire::{Limits, Position, PublishError, Refusal};

use super::chat::ChatEvent;
use super::client::{Sse, Ws, poll};
use super::server::{Server, message};

async fn move_to(server: &Server, piece: &str, to: u32) -> Position {
    let event = ChatEvent::Moved { room: "chess".into(), piece: piece.into(), to };
    server.hub.publish(event).await.expect("published").expect("with a position")
}

fn moved(piece: &str, to: u32, id: Position) -> String {
    format!(r#"{{"channel":"room:chess","id":"{id}","event":{{"type":"moved","room":"chess","piece":"{piece}","to":{to}}}}}"#)
}

#[tokio::test]
async fn who_comes_back_late_gets_the_newest_of_each_key_and_no_gap_by_every_transport() {
    let server = Server::with(Limits { history: 8, ..Limits::default() }, |endpoints| endpoints).await;
    let (since, _) = poll(server.address, "channel=room:chess").await;
    let said = server.say("chess", "begin").await;
    // Many more than are kept, but all but two are superseded.
    let mut newest = Vec::new();
    for to in 0..100 {
        newest = vec![move_to(&server, "king", to).await, move_to(&server, "queen", to).await];
    }
    let due = [message("chess", "begin", said), moved("king", 99, newest[0]), moved("queen", 99, newest[1])];
    let query = format!("channel=room:chess&since={since}");
    let (position, items) = poll(server.address, &query).await;
    assert_eq!(position, newest[1].to_string());
    assert_eq!(items.len(), 3, "{items:?}");
    let mut sse = Sse::open(server.address, &query).await;
    let mut ws = Ws::open(server.address, &query).await;
    assert_eq!(
        (sse.item().await.data(), &*ws.text().await),
        (&*format!(r#"{{"position":"{since}"}}"#), &*format!(r#"{{"position":"{since}"}}"#))
    );
    for (due, item) in due.iter().zip(items) {
        assert_eq!(serde_json::from_str::<serde_json::Value>(due).expect("JSON"), item);
        assert_eq!(sse.item().await.data(), due);
        assert_eq!(&ws.text().await, due);
    }
    // Who is there gets each.
    for to in 100..103 {
        let id = move_to(&server, "king", to).await;
        assert_eq!(sse.item().await.data(), moved("king", to, id));
        assert_eq!(ws.text().await, moved("king", to, id));
    }
}

#[tokio::test]
async fn what_is_dropped_before_a_newer_comes_is_a_loss_as_any_other() {
    let server = Server::with(Limits { history: 3, ..Limits::default() }, |endpoints| endpoints).await;
    let (since, _) = poll(server.address, "channel=room:chess").await;
    move_to(&server, "king", 1).await;
    let king = move_to(&server, "king", 2).await;
    for text in ["a", "b", "c"] {
        server.say("chess", text).await;
    }
    let (_, items) = poll(server.address, &format!("channel=room:chess&since={since}")).await;
    let gap = serde_json::json!({ "reason": "expired", "missed": 1, "until": king.to_string() });
    assert_eq!((&items[0]["gap"], items.len()), (&gap, 4), "the first move was superseded, the second is lost");
}

#[tokio::test]
async fn a_key_counts_as_a_part_of_its_event() {
    let server = Server::with(Limits { event_bytes: 200, ..Limits::default() }, |endpoints| endpoints).await;
    let event = |length| ChatEvent::Moved { room: "chess".into(), piece: "x".repeat(length), to: 1 };
    server.hub.publish(event(60)).await.expect("it is small enough");
    let refused = server.hub.publish(event(80)).await;
    assert!(matches!(refused, Err(PublishError::Refused(Refusal::Large { bytes: 201..260 }))), "{refused:?}");
}
