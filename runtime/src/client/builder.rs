//! What may be said about a hub elsewhere before it is asked.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::RemoteHub;
use super::address::Address;
use super::credentials::{BoxError, Credentials};
use super::error::ConnectError;
use super::machine::Transport;
use super::remote::{Ask, Remote};
use super::tls::Tls;

/// Says how to reach a hub; see [`RemoteHub::at`].
#[must_use = "`build` makes the hub"]
pub struct RemoteHubBuilder<E> {
    url: String,
    fixed: Credentials,
    ask: Option<Ask>,
    transports: Vec<Transport>,
    opening: Duration,
    silence: Duration,
    snapshot: bool,
    certificates: Vec<Vec<u8>>,
    events: PhantomData<fn() -> E>,
}

impl<E> RemoteHubBuilder<E> {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            fixed: Credentials::none(),
            ask: None,
            transports: vec![Transport::WebSocket, Transport::Sse, Transport::Poll],
            opening: Duration::from_secs(10),
            silence: Duration::from_secs(45),
            snapshot: false,
            certificates: Vec::new(),
            events: PhantomData,
        }
    }

    /// Which transports, the best first. Without it: WebSocket, SSE, poll.
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.transports.clear();
        for transport in transports {
            if !self.transports.contains(&transport) {
                self.transports.push(transport);
            }
        }
        self
    }

    /// Shows these with each request.
    pub fn credentials(self, credentials: Credentials) -> Self {
        Self { fixed: Credentials { headers: credentials.headers, ticket: None }, ..self }
    }

    /// Asks for credentials before each connection and each command. `true` says that those of the last time have expired: what was
    /// kept is not good any more. An error is no end: it is asked again later.
    pub fn renewed_by<F, Answer>(self, ask: F) -> Self
    where
        F: Fn(bool) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<Credentials, BoxError>> + Send + 'static,
    {
        Self { ask: Some(Arc::new(move |expired| Box::pin(ask(expired)))), ..self }
    }

    /// Asks for the state of each channel: before its events, where a reader begins without a position, and after each gap.
    pub fn snapshot(self, snapshot: bool) -> Self {
        Self { snapshot, ..self }
    }

    /// How long it may take to connect, and then until the first item: a transport that is slower is taken for one that does not
    /// come through. Default 10 s.
    pub fn opening(self, opening: Duration) -> Self {
        Self { opening, ..self }
    }

    /// A connection that is silent for so long is dead. Default 45 s: a hub with its own defaults says something each 25 s.
    pub fn silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// Trusts this certificate too, in DER.
    #[cfg(feature = "client-rustls")]
    pub fn trust(mut self, certificate: Vec<u8>) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Makes the hub. Nothing is sent yet.
    ///
    /// # Errors
    /// No URL of a hub, no transport, `https` without the feature `client-rustls`, no certificate to trust.
    pub fn build(self) -> Result<RemoteHub<E>, ConnectError> {
        let address = Address::read(&self.url)?;
        if self.transports.is_empty() {
            return Err(ConnectError::Transports);
        }
        let tls = if address.is_tls { Some(Tls::new(&self.certificates)?) } else { None };
        let Self { fixed, ask, transports, opening, silence, snapshot, .. } = self;
        let remote = Remote { address, tls, fixed, ask, transports, opening, silence, snapshot };
        Ok(RemoteHub { remote: Arc::new(remote), kept: Arc::new(Mutex::new(None)), events: PhantomData })
    }
}

impl<E> std::fmt::Debug for RemoteHubBuilder<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteHubBuilder").field("url", &self.url).field("transports", &self.transports).finish_non_exhaustive()
    }
}
