//! A stream that may be written without the HTTP server, once the answer's head is out.

use std::sync::{Arc, Mutex, PoisonError};

use crate::hub::stream::Stream;

/// Says, on a request, that whoever serves it can let the socket go; and on the answer, what may have it then. Whoever takes the offer
/// writes the stream: the server, or the answer's body, where something between them dropped this.
#[derive(Clone, Default)]
pub(crate) struct HandOver(Arc<Mutex<Option<Offer>>>);

/// A stream of items.
pub(crate) struct Offer {
    pub(crate) stream: Stream,
    /// What goes out before its first item.
    pub(crate) retry: String,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Offer")
    }
}

impl HandOver {
    /// Offers a stream.
    pub(crate) fn offer(&self, offer: Offer) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(offer);
    }

    /// How many bytes the stream has at the least: its opening. Its body says this of itself, and who makes other bytes of it cannot; so
    /// whoever serves it sees whether it is still the stream that was offered.
    pub(crate) fn least(&self) -> u64 {
        let offer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        offer.as_ref().map_or(0, |offer| offer.retry.len() as u64)
    }

    /// Takes it, once.
    pub(crate) fn take(&self) -> Option<Offer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
