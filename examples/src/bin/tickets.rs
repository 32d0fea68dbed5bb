//! Tickets: a page signs in at its own host, by a cookie, and listens at another, where there is none, by SSE and WebSocket.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;
use triwire::{Denied, Hub, Identity, Realtime, TicketSecret};
use triwire_examples::{listen, serve_at};

/// What the page listens to.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 1024, keep = "10m")]
enum TickEvent {
    /// Time goes by.
    #[realtime(channel = "ticks")]
    Tick { number: u64 },
}
triwire::contract!(TickEvent);

/// A user by a login of theirs: signed in the cookie, sealed in a ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct User {
    sub: String,
    /// When the login ends, in seconds since 1970, and whatever was opened by it.
    exp: u64,
    /// How often this user had signed out before.
    outs: u32,
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.sub)
    }

    fn expires(&self) -> Option<SystemTime> {
        Some(UNIX_EPOCH + Duration::from_secs(self.exp))
    }
}

impl FromRequestParts<App> for User {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let login = cookies.flat_map(|cookies| cookies.split(';')).find_map(|cookie| cookie.trim().strip_prefix("login="));
        let mut rules = Validation::default();
        // Its default is a minute of grace, in which connections would end as soon as they are opened.
        (rules.leeway, rules.reject_tokens_expiring_in_less_than) = (0, 1);
        let user = login.and_then(|login| decode::<Self>(login, &app.reads, &rules).ok()).map(|login| login.claims);
        user.filter(|user| app.is_in(user)).ok_or((StatusCode::UNAUTHORIZED, "sign in first"))
    }
}

#[derive(Clone)]
struct App {
    hub: Hub<TickEvent>,
    signs: EncodingKey,
    reads: DecodingKey,
    /// How long a login is good, in seconds: `LOGIN_SECONDS`. The page has it made anew before.
    life: u64,
    /// How often each user signed out: what is of before is good no more. Yours would stand in the table of users.
    outs: Arc<Mutex<HashMap<String, u32>>>,
    /// The other host.
    live: String,
}

impl App {
    fn outs(&self, name: &str) -> u32 {
        self.outs.lock().expect("nothing panics with it").get(name).copied().unwrap_or_default()
    }

    fn is_in(&self, user: &User) -> bool {
        user.outs == self.outs(&user.sub)
    }

    /// A login from now on, in a cookie that no script sees. A renewal that crosses a sign-out is of before it.
    fn login(&self, sub: String, outs: u32) -> Response {
        let user = User { sub, exp: UNIX_EPOCH.elapsed().unwrap_or_default().as_secs() + self.life, outs };
        let Ok(login) = encode(&Header::default(), &user, &self.signs) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
        let cookie = format!("login={login}; Path=/; HttpOnly; SameSite=Lax");
        let told = serde_json::json!({ "name": user.sub, "live": self.live, "seconds": self.life });
        ([(header::SET_COOKIE, cookie)], Json(told)).into_response()
    }

    /// The same at both hosts; tickets are given at the page's, where the cookie is. Who comes with one is as they were then: what may
    /// have changed since is looked up.
    fn router(&self, secret: &TicketSecret, origins: &[String]) -> Router<Self> {
        let app = self.clone();
        let may = move |user: User, _: TickChannel| std::future::ready(app.is_in(&user).then_some(()).ok_or(Denied));
        Router::new().nest("/live", self.hub.endpoints().authorize(may).tickets(secret).allow_origins(origins).into_router())
    }
}

/// By no more than their word: yours would ask for a password, or have somebody else ask.
async fn sign_in(State(app): State<App>, Json(name): Json<String>) -> Response {
    let outs = app.outs(&name);
    if (1..=32).contains(&name.len()) { app.login(name, outs) } else { StatusCode::UNPROCESSABLE_ENTITY.into_response() }
}

async fn renew(State(app): State<App>, user: User) -> Response {
    app.login(user.sub, user.outs)
}

async fn sign_out(State(app): State<App>, user: User) -> StatusCode {
    *app.outs.lock().expect("nothing panics with it").entry(user.sub.clone()).or_default() += 1;
    app.hub.disconnect(&user.sub).await;
    StatusCode::NO_CONTENT
}

async fn tick(hub: Hub<TickEvent>, every: Duration) {
    for number in 1.. {
        tokio::time::sleep(every).await;
        if let Err(error) = hub.publish(TickEvent::Tick { number }).await {
            eprintln!("a tick is left out: {error}");
        }
    }
}

fn variable<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    // At `LOG=debug` it says why a ticket is refused. The ticket it never says.
    tracing_subscriber::fmt().with_max_level(variable("LOG", LevelFilter::WARN)).with_writer(std::io::stderr).init();
    let (here, there) = (listen().await?, TcpListener::bind("127.0.0.1:0").await?);
    let (pages, live) = ([format!("http://{}", here.local_addr()?)], format!("http://localhost:{}", there.local_addr()?.port()));
    let (mut key, hub, secret) = ([0; 32], Hub::<TickEvent>::new(), TicketSecret::generate());
    getrandom::fill(&mut key).expect("the operating system gives randomness");
    let (signs, reads) = (EncodingKey::from_secret(&key), DecodingKey::from_secret(&key));
    let app = App { hub: hub.clone(), signs, reads, life: variable("LOGIN_SECONDS", 120), outs: Arc::default(), live };
    tokio::spawn(tick(hub.clone(), Duration::from_millis(variable("TICK_MS", 500))));
    let there = triwire::serve(there, app.router(&secret, &pages).with_state(app.clone())).drain(&hub).shutdown(triwire::shutdown_signal());
    let routes = app.router(&secret, &[]).route("/sign-in", post(sign_in)).route("/sign-out", post(sign_out)).route("/renew", post(renew));
    let here = serve_at(here, "tickets", include_str!("tickets.html"), routes.with_state(app), hub);
    tokio::try_join!(here, there.into_future()).map(drop)
}
