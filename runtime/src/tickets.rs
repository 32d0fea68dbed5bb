//! A ticket stands for a user where a client can set no header. Who makes tickets knows the user's type, who takes one need not. Floor 7.

#[cfg(feature = "tickets")]
mod seal;
#[cfg(feature = "tickets")]
mod secret;

#[cfg(feature = "tickets")]
pub(crate) use seal::Sealer;
#[cfg(feature = "tickets")]
pub use seal::Ticketed;
#[cfg(feature = "tickets")]
pub use secret::{TicketSecret, TicketSecretError};

/// Makes tickets of users, and users of tickets.
pub(crate) trait Tickets<U>: Send + Sync {
    /// A ticket for this user, good for requests from there; none where that cannot be, which is in the log.
    fn seal(&self, user: &U, whence: &Whence) -> Option<Sealed>;

    /// The user of a ticket, once. Why not is in the log, and nowhere else: a client is told no more than that.
    fn open(&self, ticket: &str, whence: &Whence) -> Result<U, Unopened>;
}

/// A ticket as it is given out.
pub(crate) struct Sealed {
    pub(crate) ticket: String,
    /// So long it is good, in milliseconds.
    pub(crate) expires_ms: u64,
}

/// Why a ticket does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unopened {
    Refused,
    /// There is no room to remember that it was used.
    #[cfg_attr(not(feature = "tickets"), expect(dead_code, reason = "where there are no tickets there is room"))]
    Busy,
}

/// Where a request says that it comes from: a ticket opens for requests from where it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whence {
    /// The page's origin, where the request names one; empty for one from elsewhere that does not.
    pub(crate) origin: Option<String>,
    /// The origins that it may come from where it names none: a browser names none to the page's own host.
    pub(crate) own: Vec<String>,
}

impl Whence {
    /// Whether a request from here may use a ticket that was asked for there.
    #[cfg(feature = "tickets")]
    fn is(&self, origin: Option<&str>) -> bool {
        self.origin.as_deref() == origin || self.origin.is_none() && origin.is_some_and(|origin| self.own.iter().any(|own| own == origin))
    }
}
