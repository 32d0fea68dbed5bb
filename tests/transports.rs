//! What the transports promise, over real sockets, as PROTOCOL has it.

mod transports {
    mod abuse;
    mod audience;
    mod authorize;
    mod bytes;
    mod chat;
    mod client;
    mod commands;
    mod counts;
    mod crossing;
    mod deflate;
    mod doors;
    mod drain;
    mod ended;
    mod idle;
    mod inflate;
    mod latest;
    mod log;
    mod poll;
    mod presence;
    mod presence_model;
    mod problem;
    mod renewal;
    mod revoke;
    mod server;
    mod slow;
    mod snapshot;
    mod snapshot_model;
    mod sse;
    mod tickets;
    mod user;
    mod who;
    mod ws;
    mod ws_close;
}
