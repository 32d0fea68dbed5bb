//! What the book says about proxies and layers, held: nginx is started with the book's own configuration, and a page in Chromium
//! runs the book's own script while the application behind it restarts.

mod proxy {
    mod app;
    mod book;
    mod curl;
    mod layers;
    mod nginx;
    mod page;
    mod streams;
}
