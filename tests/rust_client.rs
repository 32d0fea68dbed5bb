//! What the client in Rust promises, over real sockets and behind a proxy that does what proxies do.

mod rust_client {
    mod app;
    mod commands;
    mod faults;
    mod identity;
    mod items;
    mod tls;
}
