//! What a connection holds to whom nothing is sent, to the byte: what was allocated for it and not given back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;

use allocation_counter::measure;
use axum::extract::FromRequestParts;
use tokio::runtime::Runtime;
use tokio::task::{spawn_blocking, yield_now};
use triwire::{Anyone, Endpoints, Identity, Limits};

use super::chat::{ChatChannel, ChatEvent};
use super::server::Server;
use super::user::User;

/// So many that what is there once for all of them is little, and the tables are filled as in the mean.
const CLIENTS: usize = 350;
/// What an allocator adds to each piece.
const OVERHEAD: i64 = 8;

/// Connects, and reads what the others read, so that the server is done with everything that only a beginning needs.
fn connect(address: SocketAddr, transport: &str, user: usize) -> TcpStream {
    let mut socket = TcpStream::connect(address).expect("it listens");
    let upgrade =
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade = if transport == "ws" { upgrade } else { "" };
    let request = format!("GET /chat/{transport}?channel=lobby&user=someone-{user:06} HTTP/1.1\r\nhost: test\r\n{upgrade}\r\n");
    socket.write_all(request.as_bytes()).expect("it reads");
    socket
}

/// Reads up to what everybody is told.
fn hear(socket: &mut TcpStream) {
    let (mut heard, mut bytes) = (Vec::new(), [0; 1_024]);
    while !heard.windows(4).any(|bytes| bytes == b"news") {
        let read = socket.read(&mut bytes).expect("it writes");
        assert!(read > 0, "{:?}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&bytes[..read]);
    }
}

/// Comes with so many, and publishes when all are there.
fn come(runtime: &Runtime, server: &Server, transport: &'static str, users: Range<usize>) -> Vec<TcpStream> {
    let (all, address) = (users.len(), server.address);
    let connected = move || users.map(|user| connect(address, transport, user)).collect::<Vec<_>>();
    runtime.block_on(async {
        let mut clients = spawn_blocking(connected).await.expect("no panic");
        while server.hub.subscribers(&ChatChannel::lobby()) < all {
            yield_now().await;
        }
        server.notice("news").await;
        let heard = move || {
            clients.iter_mut().for_each(hear);
            clients
        };
        spawn_blocking(heard).await.expect("no panic")
    })
}

/// What each connection holds of these endpoints, where each comes with a name of its own.
fn held<U>(transport: &'static str, with: impl FnOnce(Endpoints<ChatEvent>) -> Endpoints<ChatEvent, (), U>) -> i64
where
    U: Identity + FromRequestParts<()>,
{
    // One thread for all that the server does: what is allocated there is counted, and the clients have another.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = runtime.block_on(Server::with(Limits::default(), with));
    // What the first one brings is there for all.
    drop(come(&runtime, &server, transport, 0..1));
    let mut clients = Vec::new();
    let held = measure(|| clients = come(&runtime, &server, transport, 1..CLIENTS + 1));
    assert_eq!(clients.len(), CLIENTS);
    (held.bytes_current + OVERHEAD * held.count_current) / i64::try_from(CLIENTS).expect("few")
}

#[test]
fn an_idle_connection_holds_little_more_where_it_is_asked_who_it_is() {
    for transport in ["ws", "sse"] {
        let open = held(transport, |endpoints| endpoints);
        let nobodys = held(transport, |endpoints| endpoints.authorize(async |_: Anyone, _: ChatChannel| Ok(())));
        let users = held(transport, |endpoints| endpoints.authorize(async |_: User, _: ChatChannel| Ok(())));
        assert!(nobodys * 100 <= open * 105, "{transport}: {nobodys} bytes for nobody in particular, and {open} where nobody is asked");
        // Their value, their key, their place: no more than that is remembered of each.
        assert!(users * 100 <= open * 115, "{transport}: {users} bytes where each is another user, and {open} where nobody is asked");
    }
}
