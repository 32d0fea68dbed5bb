//! A user of these tests: who says `user=NAME` in the query, and nobody in particular who does not.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use triwire::Identity;

#[derive(Clone)]
pub(super) struct User(pub(super) String);

impl FromRequestParts<()> for User {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, (): &()) -> Result<Self, Self::Rejection> {
        let user = parts.uri.query().unwrap_or_default().split('&').find_map(|field| field.strip_prefix("user="));
        Ok(Self(user.unwrap_or_default().to_owned()))
    }
}

impl Identity for User {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}
