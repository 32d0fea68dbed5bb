//! What a hub's streams promise on sockets that are not the kernel's TCP: a TLS, a proxy's pipe, a Unix socket, under whatever server.

mod sockets {
    mod app;
    mod pieces;
    mod slow;
    #[cfg(unix)]
    mod unix;
}
