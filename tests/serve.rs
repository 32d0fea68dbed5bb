//! What `triwire::serve` promises, over real sockets.

mod serve {
    mod app;
    mod client;
    mod direct;
    mod end;
    mod full;
    mod http1;
    mod http2;
    mod layers;
    mod limits;
    #[path = "../transports/log.rs"]
    mod log;
    #[cfg(target_os = "linux")]
    mod memory;
    mod runtime;
}
