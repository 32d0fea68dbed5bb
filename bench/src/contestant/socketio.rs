//! socketioxide: Socket.IO's protocol on axum, over its WebSocket transport.

use std::io;

use axum::Router;
use socketioxide::SocketIo;
use socketioxide::extract::SocketRef;
use tokio::net::TcpListener;

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef| {
        let rooms = super::rooms(socket.req_parts().uri.query().unwrap_or_default());
        socket.join(rooms.iter().map(u32::to_string).collect::<Vec<_>>());
    });
    tokio::spawn(axum::serve(listener, Router::new().layer(layer)).into_future());
    super::publish(async |publish| {
        for event in publish.events() {
            // An error is a client whose queue is full, and who loses the event.
            let _ = io.to(event.room().to_string()).emit("event", &event).await;
        }
    })
    .await
}
