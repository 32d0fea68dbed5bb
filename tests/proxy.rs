//! What the book says about proxies and layers, held: nginx and Caddy are started with the book's own configurations, and a page in Chromium
//! runs the book's own script while the application behind it restarts.

mod proxy {
    mod app;
    mod book;
    mod curl;
    mod layers;
    mod page;
    mod server;
    mod streams;
}
