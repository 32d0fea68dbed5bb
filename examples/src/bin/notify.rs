//! Notifications: a channel for each user, and nobody reads another's.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use triwire::{Denied, Hub, Identity, Realtime};
use triwire_examples::{Unpublished, serve};

/// What a user is told.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(history = 64, keep = "10m")]
enum NotifyEvent {
    /// Somebody wrote to them.
    #[realtime(channel = "user:{user}")]
    Notice { user: Name, from: Name, text: String },
}
triwire::contract!(NotifyEvent);

/// A user's name: 1 to 32 of a-z and 0-9.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let is_name = (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_name.then_some(Self(name)).ok_or("a name is 1 to 32 of a-z and 0-9")
    }
}

impl std::str::FromStr for Name {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        name.to_owned().try_into()
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asks, by the cookie that `POST /login` set. Your application would sign it, or look it up.
#[derive(Debug, Clone)]
struct User(Name);

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let user = cookies.flat_map(|cookies| cookies.split(';')).find_map(|cookie| cookie.trim().strip_prefix("user="));
        user.and_then(|name| name.parse().ok()).map(Self).ok_or((StatusCode::UNAUTHORIZED, "log in first"))
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0.0)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for User {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await.ok())
    }
}

/// One's own channel, and no other. The hub asks at every subscribe, resume and poll.
async fn own(User(me): User, channel: NotifyChannel) -> Result<(), Denied> {
    match channel {
        NotifyChannel::User { user } if user == me => Ok(()),
        NotifyChannel::User { .. } => Err(Denied),
    }
}

#[derive(Deserialize, Serialize)]
struct Login {
    user: Name,
}

async fn login(Json(Login { user }): Json<Login>) -> Response {
    let cookie = format!("user={user}; Path=/; HttpOnly; SameSite=Lax");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
}

/// Who the page is for: a script does not see the cookie.
async fn me(user: Option<User>) -> Json<Option<Login>> {
    Json(user.map(|User(user)| Login { user }))
}

#[derive(Deserialize)]
struct Notify {
    to: Name,
    text: String,
}

async fn notify(
    State(hub): State<Hub<NotifyEvent>>,
    User(from): User,
    Json(Notify { to, text }): Json<Notify>,
) -> Result<StatusCode, Unpublished> {
    hub.publish(NotifyEvent::Notice { user: to, from, text }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::<NotifyEvent>::new();
    let app = Router::new()
        .nest("/notices", hub.endpoints().authorize(own).into_router())
        .route("/login", post(login))
        .route("/me", get(me))
        .route("/notify", post(notify))
        .with_state(hub.clone());
    serve("notify", include_str!("notify.html"), app, hub).await
}
