//! What the application brings for its endpoints: who a request is from, and what they may. Floor 7.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::authorize::May;
use crate::commands::{Client, Handler, Handling};
use crate::connection::Due;
use crate::contract::Realtime;
use crate::entry::Sees;
use crate::error::{Denied, Misread};
use crate::guard::{Asking, Guard, ReadName, Renewal, Renewed, Visitor};
use crate::hub::Hub;
use crate::hub::states::{States, Taking};
use crate::identity::Identity;
use crate::snapshot::Snapshots;
use crate::tickets::{Tickets, Unopened, Whence};

/// See the module.
pub(crate) struct Application<E: Realtime, S, U> {
    pub(crate) hub: Hub<E>,
    pub(crate) may: Option<May<E, U>>,
    pub(crate) commands: Option<Handler<E, U, S>>,
    pub(crate) visible: Option<Visible<U>>,
    pub(crate) tickets: Option<Arc<dyn Tickets<U>>>,
    pub(crate) snapshots: Option<Snapshots<E, U, S>>,
}

/// Whether a user may see the events of an audience.
pub(crate) type Visible<U> = Box<dyn Fn(&U, &str) -> bool + Send + Sync>;

impl<E: Realtime, S: Clone + Send + Sync + 'static, U: Identity> Application<E, S, U> {
    /// Whether it wants to know who a request is from.
    pub(crate) fn asks(&self) -> bool {
        self.may.is_some() || self.commands.is_some() || self.visible.is_some() || self.snapshots.is_some()
    }

    /// Reads a channel's name.
    pub(crate) fn read(&self) -> ReadName {
        |name| name.parse::<E::Channel>().map(drop)
    }

    /// What one client has to pass, whoever it is where nobody asks; it comes from there, where tickets are taken, and
    /// from this address, where one is known.
    pub(crate) fn guard(self: &Arc<Self>, user: Option<U>, state: &S, whence: Option<Whence>, address: Option<IpAddr>) -> Guard {
        let caller = self.hub.node.caller(&user.as_ref().map(|user| user.key()).unwrap_or_default(), address);
        let known = user.map(|user| {
            let state = (self.commands.is_some() || self.snapshots.is_some()).then(|| state.clone());
            Arc::new(Known { application: Arc::clone(self), user, state, whence: whence.map(Box::new) }) as Arc<dyn Visitor>
        });
        Guard::new(self.read(), known, caller)
    }
}

/// A client whose user is known.
struct Known<E: Realtime, S, U> {
    application: Arc<Application<E, S, U>>,
    user: U,
    /// What handlers of commands and the function of the states may want, where there are any.
    state: Option<S>,
    /// Where it comes from, where tickets are taken.
    whence: Option<Box<Whence>>,
}

impl<E: Realtime, S: Clone + Send + Sync + 'static, U: Identity> Sees for Known<E, S, U> {
    fn sees(&self, audience: &str) -> bool {
        self.application.visible.as_ref().is_some_and(|visible| visible(&self.user, audience))
    }
}

impl<E: Realtime, S: Clone + Send + Sync + 'static, U: Identity> States for Known<E, S, U> {
    fn take(&self, due: &Due, after: Duration) -> Taking {
        let (Some(snapshots), Some(state), Ok(channel)) = (&self.application.snapshots, &self.state, due.channel.parse::<E::Channel>())
        else {
            return std::future::ready(None).boxed().shared();
        };
        let node = &self.application.hub.node;
        snapshots.take(node, (state.clone(), self.user.clone(), channel), due, after)
    }
}

impl<E: Realtime, S: Clone + Send + Sync + 'static, U: Identity> Visitor for Known<E, S, U> {
    fn expires(&self) -> Option<Instant> {
        let rest = self.user.expires()?.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
        // What no clock can show is never.
        Instant::now().checked_add(rest)
    }

    fn may(self: Arc<Self>, channel: &str) -> Asking {
        let channel = channel.parse::<E::Channel>();
        // The application's code runs where its answer is awaited, from its first line on: who asks is a driver, and it may block.
        Box::pin(async move {
            match (&self.application.may, channel) {
                (Some(may), Ok(channel)) => may(self.user.clone(), channel).await,
                (None, _) => Ok(()),
                // The name was read before; a type that reads it only once gets no channel.
                (Some(_), Err(_)) => Err(Denied),
            }
        })
    }

    fn has_states(&self) -> bool {
        self.application.snapshots.is_some()
    }

    fn command(&self, json: &[u8], key: Option<Arc<str>>) -> Option<Result<Handling, Misread>> {
        let (handler, state, decode) = (self.application.commands.as_ref()?, self.state.as_ref()?, E::CONTRACT.commands?.read);
        let client = Client::new(self.application.hub.clone(), self.user.clone(), key);
        Some(decode(json).map(|command| handler(state.clone(), client, command)))
    }

    fn renew(self: Arc<Self>, ticket: String) -> Option<Renewal> {
        let (tickets, whence) = (self.application.tickets.clone()?, self.whence.clone()?);
        // Not here: it reads a user, and that is the application's code.
        Some(Box::pin(async move {
            let user = tickets.open(&ticket, &whence)?;
            if user.key() != self.user.key() {
                tracing::debug!("a ticket is refused: it is another user's");
                return Err(Unopened::Refused);
            }
            let renewed = Self { application: self.application.clone(), user, state: self.state.clone(), whence: Some(whence) };
            Ok(Renewed { expires: renewed.expires(), visitor: Arc::new(renewed) })
        }))
    }
}
