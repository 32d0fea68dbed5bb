//! The same under TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use triwire::Since;
use triwire::client::{RemoteHub, Status};

use super::app::{App, NoteChannel, NoteCommand, NoteEvent, hears, is};
use super::items::TRANSPORTS;

/// A listener that takes TLS off; where it is, its certificate, and its task.
async fn terminate(to: SocketAddr) -> (String, Vec<u8>, JoinSet<()>) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = own.cert.der().clone();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let config = builder.expect("versions").with_no_client_auth().with_single_cert(vec![certificate.clone()], key).expect("a certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("the loopback listens");
    let url = format!("https://localhost:{}/notes", listener.local_addr().expect("an address").port());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let Ok((socket, _)) = listener.accept().await else { continue };
            let acceptor = acceptor.clone();
            connections.spawn(async move {
                let Ok(mut client) = acceptor.accept(socket).await else { return };
                let Ok(mut server) = TcpStream::connect(to).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (url, certificate.to_vec(), tasks)
}

#[tokio::test]
async fn every_transport_and_commands_go_through_tls() {
    let app = App::start().await;
    let (url, certificate, _tasks) = terminate(app.relay.address).await;
    for transport in TRANSPORTS {
        let remote = RemoteHub::<NoteEvent>::at(&url).transports([transport]).trust(certificate.clone()).build().expect("a URL");
        let mut reader = app.reader_of(&remote).await;
        app.say(1).await;
        hears(&mut reader, [1]).await;
        assert_eq!(remote.command(&NoteCommand::Say { room: "tea".into(), number: 2 }).await, Ok(2));
        hears(&mut reader, [2]).await;
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_lets_nothing_through() {
    let app = App::start().await;
    let (url, _, _tasks) = terminate(app.relay.address).await;
    // One of another making is trusted, so that there is one.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate").cert.der().to_vec();
    let remote = RemoteHub::<NoteEvent>::at(&url).trust(other).build().expect("a URL");
    let reader = remote.subscribe([NoteChannel::room("tea")], Since::Now).expect("a channel");
    is(&reader, |status| matches!(status, Status::Resting(_))).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.relay.accepted(), 0);
}
