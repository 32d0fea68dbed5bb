//! Commands through a proxy that loses requests and answers.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};
use triwire::Item;
use triwire::client::{CommandError, Credentials, Transport};
use triwire_tests::client::PATIENCE;
use triwire_tests::relay::Fault;

use super::app::{App, LaterEvent, NoteCommand, next};

fn say(number: u64) -> NoteCommand {
    NoteCommand::Say { room: "tea".into(), number }
}

#[tokio::test]
async fn a_command_has_its_reply_and_its_key_is_the_cause() {
    let app = App::start().await;
    let remote = app.remote().build().expect("a URL");
    let mut reader = app.reader(Transport::WebSocket).await;
    assert_eq!(remote.command_with_key("6f1c", &say(7)).await, Ok(7));
    let item = next(&mut reader).await;
    assert!(matches!(&item, Some(Ok(Item::Event { cause: Some(cause), .. })) if cause == "6f1c"), "{item:?}");
    assert_eq!(remote.command_with_key("6f1c", &say(7)).await, Ok(7), "answered as the first time");
    assert_eq!(app.done.load(Relaxed), 1);
    let before = app.relay.accepted();
    for number in 20..30 {
        assert_eq!(remote.command(&say(number)).await, Ok(number));
    }
    assert_eq!(app.relay.accepted(), before, "over one connection");
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    let app = App::start().await;
    let remote = app.remote().build().expect("a URL");
    let refused = remote.command(&say(13)).await;
    let Err(CommandError::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!((refused.status, refused.code.as_deref(), refused.reason.as_deref()), (422, Some("rejected"), Some("unlucky")));
    assert_eq!(refused.detail.as_deref(), Some("Another number, please."));
    assert_eq!(remote.command_with_key("key", &say(1)).await, Ok(1));
    let reused = remote.command_with_key("key", &say(2)).await;
    assert!(matches!(&reused, Err(CommandError::Refused(refused)) if refused.code.as_deref() == Some("key_reused")), "{reused:?}");
    let later = app.remote_of::<LaterEvent>().build().expect("a URL");
    assert!(matches!(later.command(&say(3)).await, Err(CommandError::Reply(_))), "a number is no text");
    let stranger = app.remote().credentials(Credentials::bearer("expired").expect("a header")).build().expect("a URL");
    let refused = stranger.command(&say(4)).await;
    assert!(matches!(&refused, Err(CommandError::Refused(refused)) if refused.status == 401), "{refused:?}");
}

#[tokio::test]
async fn over_killed_connections_each_takes_effect_once() {
    let app = App::start().await;
    app.relay.set(Fault::Chop(400));
    let commands = (100..130).map(|number| {
        let remote = app.remote().build().expect("a URL");
        async move { timeout(PATIENCE, remote.command(&say(number))).await.expect("it is answered") == Ok(number) }
    });
    let cuts = async {
        for _ in 0..20 {
            sleep(Duration::from_millis(70)).await;
            app.relay.cut();
        }
    };
    let (answered, ()) = tokio::join!(join_all(commands), cuts);
    assert!(answered.iter().all(|answered| *answered));
    assert_eq!(app.done.load(Relaxed), 30);
    // Each has a connection of its own, so any more is an answer that was asked for again. How many is the machine's speed.
    assert!(app.relay.accepted() > 30, "none was cut");
}

#[tokio::test]
async fn a_command_waits_for_a_server_that_is_away() {
    let app = App::start().await;
    let remote = app.remote().build().expect("a URL");
    for fault in [Fault::BadGateway, Fault::Refuse, Fault::Stall] {
        app.relay.set(fault);
        let before = app.done.load(Relaxed);
        let back = async {
            sleep(Duration::from_secs(1)).await;
            app.relay.set(Fault::None);
        };
        let command = say(200 + before);
        let (reply, ()) = tokio::join!(remote.command(&command), back);
        assert_eq!(reply, Ok(200 + before), "{fault:?}");
        assert_eq!(app.done.load(Relaxed), before + 1);
    }
}
