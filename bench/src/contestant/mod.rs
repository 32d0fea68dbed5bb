//! The servers in Rust that are measured, each as small as it can be and still be what people would write.
//!
//! Each listens on a free port, prints `ready PORT`, and publishes what its standard input says. It ends with its standard input.

mod axum_hand;
mod axum_tuned;
mod bare;
mod limit;
mod preframed;
mod registry;
mod socketio;
mod triwire;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd as _;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::net::unix::pipe;

use crate::event::Publish;

/// Serves as this contestant until its standard input ends.
///
/// # Errors
/// When there is none of this name, or the kernel gives no port.
pub fn serve(name: &str) -> Result<(), String> {
    let served = match name {
        "limit" => limit::serve(limit::Send::Each),
        "limit-coalesced" => limit::serve(limit::Send::Burst),
        "bare" => bare::serve(),
        "triwire" => in_tokio(triwire::serve),
        "triwire-guarded" => in_tokio(triwire::serve_guarded),
        "triwire-axum" => in_tokio(triwire::serve_axum),
        "axum" => in_tokio(axum_hand::serve_select),
        "axum-split" => in_tokio(axum_hand::serve_split),
        "axum-tuned" => in_tokio(axum_tuned::serve),
        "socketioxide" => in_tokio(socketio::serve),
        _ => return Err(format!("there is no contestant `{name}`")),
    };
    served.map_err(|error| format!("{name}: {error}"))
}

/// Runs a contestant as tokio would be set up for these cores: with one, a second thread would only get in its way.
fn in_tokio<Served: Future<Output = io::Result<()>>>(serve: fn(TcpListener) -> Served) -> io::Result<()> {
    use tokio::runtime::Builder;
    let cores = std::thread::available_parallelism()?.get();
    let mut builder = if cores == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()?.block_on(async {
        let listener = listen()?;
        ready(listener.local_addr()?);
        serve(TcpListener::from_std(listener)?).await
    })
}

/// A port of the loopback, with a backlog that a storm does not fill.
fn listen() -> io::Result<std::net::TcpListener> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(4_096)?;
    Ok(socket.into())
}

#[expect(clippy::print_stdout, reason = "the runner waits for this line")]
fn ready(address: SocketAddr) {
    println!("ready {}", address.port());
}

/// Hands each line of standard input to the contestant, in the runtime's own poll: no thread stands between.
async fn publish<Published: Future<Output = ()>>(publish: impl Fn(Publish) -> Published) -> io::Result<()> {
    let input = pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)?;
    let mut lines = BufReader::new(input).lines();
    while let Some(line) = lines.next_line().await? {
        let line = line.parse().map_err(io::Error::other)?;
        publish(line).await;
    }
    Ok(())
}

/// The rooms that a query asks for, as `channel=room:7`.
fn rooms(query: &str) -> Vec<u32> {
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "channel");
    pairs.filter_map(|(_, value)| value.strip_prefix("room:")?.parse().ok()).collect()
}
