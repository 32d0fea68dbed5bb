//! A bare loop of blocking sends: what `limit` itself is measured against. It reads nothing, so it answers no polls.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::preframed::{Asked, framed, opening};
use crate::event::Publish;
use crate::load::Transport;

type Clients = Arc<Mutex<Vec<(Transport, TcpStream)>>>;

pub(super) fn serve() -> io::Result<()> {
    let listener = super::listen()?;
    listener.set_nonblocking(false)?;
    super::ready(listener.local_addr()?);
    let clients = Clients::default();
    let accepted = Arc::clone(&clients);
    std::thread::spawn(move || accept(&listener, &accepted));
    for line in io::stdin().lock().lines() {
        let publish: Publish = line?.parse().map_err(io::Error::other)?;
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        for event in publish.events() {
            let bytes = Transport::ALL.map(|transport| (transport, framed(transport, std::slice::from_ref(&event), 0)));
            for (transport, stream) in clients.iter_mut() {
                for (_, bytes) in bytes.iter().filter(|(of, _)| of == transport) {
                    stream.write_all(bytes)?;
                }
            }
        }
    }
    Ok(())
}

/// Lets in one after the other; it has no rooms.
fn accept(listener: &TcpListener, clients: &Clients) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept()?;
        let mut head = [0; 1_024];
        let read = stream.read(&mut head)?;
        if let Some(asked) = Asked::read(&head[..read]) {
            stream.write_all(opening(asked.transport).as_bytes())?;
            clients.lock().unwrap_or_else(PoisonError::into_inner).push((asked.transport, stream));
        }
    }
}
