//! Who a client is, in the application's own words. Floor 0.

use std::borrow::Cow;
use std::convert::Infallible;
use std::time::SystemTime;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// A user: what the application's extractor finds in a request, once for a connection.
///
/// ```
/// use std::borrow::Cow;
///
/// #[derive(Clone)]
/// struct User { name: String, admin: bool }
///
/// impl triwire::Identity for User {
///     fn key(&self) -> Cow<'_, str> {
///         Cow::Borrowed(&self.name)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the identity of a user",
    label = "the endpoints must know whose a connection is",
    note = "implement `triwire::Identity` for `{Self}`: its `key()` is what `hub.revoke` and `hub.disconnect` go by"
)]
pub trait Identity: Clone + Send + Sync + 'static {
    /// What tells this user from any other, the same on every connection and every node: an id, a name, an address. Empty for nobody in
    /// particular, who can then be neither revoked nor disconnected.
    fn key(&self) -> Cow<'_, str>;

    /// When this identity is none any more, if it ends: its connections are told `bye`, and their clients come back with a new one and
    /// lose nothing.
    fn expires(&self) -> Option<SystemTime> {
        None
    }
}

/// A user with what else of the request, or of the application's state, is wanted beside: the key is the user's.
impl<U: Identity, With: Clone + Send + Sync + 'static> Identity for (U, With) {
    fn key(&self) -> Cow<'_, str> {
        self.0.key()
    }

    fn expires(&self) -> Option<SystemTime> {
        self.0.expires()
    }
}

/// Nobody in particular: the user of endpoints that do not ask who it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Anyone;

impl Identity for Anyone {
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
}

impl<S: Sync> FromRequestParts<S> for Anyone {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}
