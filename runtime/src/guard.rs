//! What one client may, asked by the channel's name: what keeps the transports free of the enum and of the application's types.
//! Never remembered: each subscribe, resume and poll asks anew. Floor 7.

use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Instant;

use crate::commands::Handling;
use crate::entry::Sees;
use crate::error::{ChannelError, Denied, Misread};
use crate::hub::accounts::{Caller, Counted, Over};
use crate::hub::node::Node;
use crate::hub::people::Claim;
use crate::hub::states::States;
use crate::tickets::Unopened;

/// Reads a channel's name, only to say what is wrong with it.
pub(crate) type ReadName = fn(&str) -> Result<(), ChannelError>;

/// The application's answer about one channel, on its way.
pub(crate) type Asking = Pin<Box<dyn Future<Output = Result<(), Denied>> + Send>>;

/// A client whom the application knows. The enum's and the user's types end here.
pub(crate) trait Visitor: Sees + States {
    /// When they are known no longer.
    fn expires(&self) -> Option<Instant>;

    /// Asks the application about one channel.
    fn may(self: Arc<Self>, channel: &str) -> Asking;

    /// Whether the application gives the states of its channels.
    fn has_states(&self) -> bool;

    /// Hands the application a command, if it takes any.
    fn command(&self, json: &[u8], key: Option<Arc<str>>) -> Option<Result<Handling, Misread>>;

    /// Opens a ticket of the same person, where tickets are taken.
    fn renew(self: Arc<Self>, ticket: String) -> Option<Renewal>;
}

/// A new identity of the same person, on its way.
pub(crate) type Renewal = Pin<Box<dyn Future<Output = Result<Renewed, Unopened>> + Send>>;

/// A new identity of the same person.
pub(crate) struct Renewed {
    pub(crate) visitor: Arc<dyn Visitor>,
    pub(crate) expires: Option<Instant>,
}

/// What one client's subscriptions have to pass.
#[derive(Clone)]
pub(crate) struct Guard {
    read: ReadName,
    visitor: Option<Arc<dyn Visitor>>,
    caller: Caller,
}

impl Guard {
    /// Names are checked, and whoever asks may; with a visitor, the application decides.
    pub(crate) fn new(read: ReadName, visitor: Option<Arc<dyn Visitor>>, caller: Caller) -> Self {
        Self { read, visitor, caller }
    }

    /// A stream more of this client, if it may have one more.
    pub(crate) fn connects(&self, node: &Node) -> Result<Counted, Over> {
        let counted = self.caller.connects(&node.limits)?;
        self.subscribes(node).map(|()| counted)
    }

    /// A subscribe more of this client.
    pub(crate) fn subscribes(&self, node: &Node) -> Result<(), Over> {
        node.subscribes(&self.caller)
    }

    /// A command more of this client.
    pub(crate) fn commands(&self, node: &Node) -> Result<(), Over> {
        node.commands(&self.caller)
    }

    /// Whether the name is one of the enum's channels.
    pub(crate) fn read(&self, name: &str) -> Result<(), ChannelError> {
        (self.read)(name)
    }

    /// Whether nobody has to be asked.
    pub(crate) fn is_open(&self) -> bool {
        self.visitor.is_none()
    }

    /// What the answers that are asked for from now on hold for.
    pub(crate) fn claim(&self) -> Option<Claim> {
        let (visitor, person) = (self.visitor.as_ref()?, self.caller.person()?.clone());
        Some(Claim { changes: person.changes(), person, expires: visitor.expires() })
    }

    /// How often something was taken from this client: an answer that was asked for before the last time is none.
    pub(crate) fn changes(&self) -> u32 {
        self.caller.person().map_or(0, |person| person.changes())
    }

    /// The key of whose client it is; empty for nobody in particular.
    pub(crate) fn key(&self) -> &str {
        self.caller.person().map_or("", |person| person.key())
    }

    /// Hands over a command, where any is taken.
    pub(crate) fn command(&self, json: &[u8], key: Option<Arc<str>>) -> Option<Result<Handling, Misread>> {
        self.visitor.as_ref()?.command(json, key)
    }

    /// Opens a ticket of the same person, where tickets are taken.
    pub(crate) fn renew(&self, ticket: String) -> Option<Renewal> {
        Arc::clone(self.visitor.as_ref()?).renew(ticket)
    }

    /// The guard of the same person by another identity.
    pub(crate) fn renewed(&self, visitor: Arc<dyn Visitor>) -> Self {
        Self { read: self.read, visitor: Some(visitor), caller: self.caller.clone() }
    }

    /// The states of channels, where the application gives them.
    pub(crate) fn states(&self) -> Option<Arc<dyn States>> {
        let visitor = self.visitor.clone().filter(|visitor| visitor.has_states())?;
        Some(visitor)
    }

    /// Whether there is something to begin with: states, or lists of who is in.
    pub(crate) fn has_snapshots(&self, node: &Node) -> bool {
        node.presences.is_some() || self.states().is_some()
    }

    /// Asks about one channel.
    pub(crate) fn ask(&self, name: &str) -> Asking {
        match &self.visitor {
            Some(visitor) => visitor.clone().may(name),
            None => Box::pin(std::future::ready(Ok(()))),
        }
    }

    /// What this client is shown of channels that not everybody may see all of.
    pub(crate) fn eyes(&self) -> Arc<dyn Sees> {
        match &self.visitor {
            Some(visitor) => visitor.clone(),
            None => Arc::new(Stranger),
        }
    }

    /// Asks about all of them at once, so that many channels cost the time of one.
    pub(crate) async fn ask_all(&self, names: &[String]) -> Result<(), Denied> {
        if !self.is_open() {
            futures_util::future::try_join_all(names.iter().map(|name| self.ask(name))).await?;
        }
        Ok(())
    }
}

/// Nobody whom the application knows.
struct Stranger;

impl Sees for Stranger {
    fn sees(&self, _: &str) -> bool {
        false
    }
}
