//! The book's script in Chromium, while the application behind nginx restarts.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::app::App;
use super::book::block;
use super::server::Proxy;

/// A browser takes a while to start on a busy machine; after that everything here is a matter of seconds.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_page_that_follows_the_book_survives_a_502() {
    let mut app = App::start(page(), |router| router);
    let Some(nginx) = Proxy::nginx("page", app.address).await else { return eprintln!("skipped: nginx is not installed") };
    let Some(_browser) = browser(&format!("http://{}/", nginx.address)) else { return eprintln!("skipped: Chromium is not installed") };
    assert!(next(&mut app).await["position"].is_string(), "the opening");
    app.pin("before").await;
    assert_eq!(text(&mut app).await, "before");

    app.end();
    app.wait_until_refused().await;
    app.pin("during").await;
    timeout(PATIENCE, nginx.wait_for_502()).await.expect("the browser comes back, and is answered 502");
    app.resume();

    assert_eq!(text(&mut app).await, "during", "what happened meanwhile is told, and nothing of before is told again");
    app.pin("after").await;
    assert_eq!(text(&mut app).await, "after");
}

/// The script, and a report of each item, in order.
fn page() -> String {
    let script = block("js");
    format!(
        r#"<!doctype html><title>A page that follows</title><script>
{script}
let last = Promise.resolve();
const report = (item) => fetch("/seen", {{ method: "POST", body: JSON.stringify(item) }});
follow("/live/sse?channel=board:kitchen", (item) => {{ last = last.then(() => report(item)); }});
</script>"#
    )
}

/// A browser without a window, on this page; none where none is installed.
fn browser(url: &str) -> Option<Child> {
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-profile");
    std::fs::remove_dir_all(&profile).ok();
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(|program| {
        let mut command = Command::new(program);
        // Without its sandbox, for it does not start as root with it, and the page is our own.
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
        command.arg(format!("--user-data-dir={}", profile.display())).arg(url);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().ok()
    })
}

/// The next item that the page has seen.
async fn next(app: &mut App) -> Value {
    let item = timeout(PATIENCE, app.seen.recv()).await.expect("the page reports an item").expect("the application listens");
    serde_json::from_str(&item).expect("an item is JSON")
}

/// The text of the next event; a position may come before it, anything else may not.
async fn text(app: &mut App) -> String {
    loop {
        let item = next(app).await;
        if item["position"].is_null() {
            return item["event"]["text"].as_str().unwrap_or_else(|| panic!("an event, not {item}")).to_owned();
        }
    }
}
