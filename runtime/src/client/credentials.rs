//! What a client shows to be let in.

use std::fmt;

use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};

/// A failure of the application's own, when it is asked for credentials: the asking is repeated later.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Whatever lets a client in: headers, or a ticket. Their `Debug` shows no secret.
///
/// ```
/// use triwire::client::Credentials;
/// let credentials = Credentials::bearer("q3kX")?.and_header("x-tenant", "7")?;
/// assert_eq!(format!("{credentials:?}"), r#"Credentials(["authorization", "x-tenant"])"#);
/// # Ok::<(), triwire::client::BoxError>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) ticket: Option<String>,
}

impl Credentials {
    /// None: whoever asks.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// `Authorization: Bearer …`
    ///
    /// # Errors
    /// The token has characters that stand in no header.
    pub fn bearer(token: &str) -> Result<Self, BoxError> {
        Self::none().and_header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// A header, `Cookie` for instance.
    ///
    /// # Errors
    /// It is no name or no value of a header.
    pub fn header(name: &str, value: &str) -> Result<Self, BoxError> {
        Self::none().and_header(name, value)
    }

    /// The same, with another header.
    ///
    /// # Errors
    /// It is no name or no value of a header.
    pub fn and_header(mut self, name: &str, value: &str) -> Result<Self, BoxError> {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        self.headers.push((name.parse()?, value));
        Ok(self)
    }

    /// A ticket that the hub gave: it is good once, so it must be a new one each time.
    #[must_use]
    pub fn ticket(ticket: impl Into<String>) -> Self {
        Self { headers: Vec::new(), ticket: Some(ticket.into()) }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        let names: Vec<&str> = names.chain(self.ticket.as_ref().map(|_| "ticket")).collect();
        f.debug_tuple("Credentials").field(&names).finish()
    }
}
