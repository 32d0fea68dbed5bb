//! What is known of a hub elsewhere: where it is, how to come in, how long to wait.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderMap;

use super::address::Address;
use super::credentials::{BoxError, Credentials};
use super::machine::{Ended, Rules, Transport};
use super::tls::Tls;

/// Asks the application for credentials; it is told whether the last have expired.
pub(super) type Ask = Arc<dyn Fn(bool) -> Pin<Box<dyn Future<Output = Result<Credentials, BoxError>> + Send>> + Send + Sync>;

/// See the module.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) address: Address,
    pub(super) tls: Option<Tls>,
    pub(super) fixed: Credentials,
    pub(super) ask: Option<Ask>,
    pub(super) transports: Vec<Transport>,
    pub(super) opening: Duration,
    pub(super) silence: Duration,
    pub(super) snapshot: bool,
}

impl Remote {
    pub(super) fn rules(&self) -> Rules {
        Rules {
            transports: self.transports.clone(),
            opening: self.opening,
            silence: self.silence,
            renews: self.ask.is_some(),
            snapshot: self.snapshot,
        }
    }

    /// What to show this time. Who is asked and has none now is asked again later.
    pub(super) async fn credentials(&self, expired: bool) -> Result<Credentials, Ended> {
        let Some(ask) = &self.ask else { return Ok(Credentials::none()) };
        ask(expired).await.map_err(|error| {
            tracing::debug!(%error, "no credentials");
            Ended::Unreachable
        })
    }

    /// The headers of a request, without those of its kind.
    pub(super) fn headers(&self, credentials: &Credentials) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.fixed.headers.iter().chain(&credentials.headers) {
            headers.insert(name, value.clone());
        }
        headers
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteHub").field("at", &self.address.authority).field("transports", &self.transports).finish_non_exhaustive()
    }
}

/// A throw of a die in `0.0..1.0`.
pub(super) fn die() -> f64 {
    // 53 bits are what a float holds.
    let bits = getrandom::u64().expect("the operating system has randomness") >> 11;
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let die = bits as f64 / (1u64 << 53) as f64;
    die
}
