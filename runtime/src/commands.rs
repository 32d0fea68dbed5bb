//! What clients ask the application to do: the handler of a hub's commands, and the client it is handed. Floor 7.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{FromRef, State};

use crate::contract::{Nothing, Realtime};
use crate::error::{PublishError, Rejected};
use crate::hub::Hub;
use crate::identity::{Anyone, Identity};
use crate::position::Position;

/// The client that sent a command.
///
/// ```
/// # use triwire::{Client, Identity, Realtime, Rejected};
/// # #[derive(Realtime, serde::Serialize, schemars::JsonSchema)]
/// # #[realtime(commands = ChatCommand)]
/// # #[serde(tag = "type", rename_all = "snake_case")]
/// # enum ChatEvent {
/// #     #[realtime(channel = "room:{room}")]
/// #     Message { room: String, from: String, text: String },
/// # }
/// # #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # #[serde(tag = "type", rename_all = "snake_case")]
/// # enum ChatCommand { Say { room: String, text: String } }
/// # #[derive(Clone)]
/// # struct User { name: String }
/// # impl Identity for User {
/// #     fn key(&self) -> std::borrow::Cow<'_, str> { (&self.name).into() }
/// # }
/// async fn handle(client: Client<ChatEvent, User>, command: ChatCommand) -> Result<(), Rejected> {
///     let ChatCommand::Say { room, text } = command;
///     let from = client.user().name.clone();
///     client.publish(ChatEvent::Message { room, from, text }).await?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Client<E: Realtime, U = Anyone> {
    hub: Hub<E>,
    user: U,
    key: Option<Arc<str>>,
}

impl<E: Realtime, U: Identity> Client<E, U> {
    pub(crate) fn new(hub: Hub<E>, user: U, key: Option<Arc<str>>) -> Self {
        Self { hub, user, key }
    }

    /// Who it is.
    pub fn user(&self) -> &U {
        &self.user
    }

    /// The hub that it is a client of.
    pub fn hub(&self) -> &Hub<E> {
        &self.hub
    }

    /// The idempotency key of the command, where its client gave one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Publishes what the command leads to: as [`Hub::publish`], and the item carries the command's key as its `cause`, so that a page
    /// knows its own.
    ///
    /// # Errors
    /// As [`Hub::publish`].
    pub async fn publish(&self, event: E) -> Result<Option<Position>, PublishError> {
        self.hub.publish_for(event, self.key.clone()).await
    }
}

/// What a handler will answer.
pub(crate) type Handling = Pin<Box<dyn Future<Output = Result<Vec<u8>, Rejected>> + Send>>;

/// A handler whose own type is forgotten.
pub(crate) type Handler<E, U, S> = Arc<dyn Fn(S, Client<E, U>, <E as Realtime>::Command) -> Handling + Send + Sync>;

/// A function that does what a command asks for: `async fn(Client<Event, User>, Command) -> Result<Reply, Rejected>`, with the
/// application's [`State`] before it if it wants that.
///
/// `Command` is the enum that the enum of events names by `commands = …`, `Reply` the type that it names by `reply = …`, and `()` where it
/// names none. It is implemented for every function of that form; [`Endpoints::commands`](crate::Endpoints::commands) takes it.
#[diagnostic::on_unimplemented(
    message = "this is not a function that can handle the commands of `{E}`",
    label = "not an `async fn(Client<Event, User>, Command) -> Result<Reply, Rejected>`",
    note = "`Command` is what `{E}` names by `#[realtime(commands = …)]`, `Reply` is what it names by `reply = …`, else `()`, `User` is `{U}` as `authorize` has it; a `State` of the application may come first, and the future is `Send`"
)]
pub trait Handle<E: Realtime, U, Arguments, S>: 'static {
    /// The same for whoever does not know its type.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn handler(self) -> Handler<E, U, S>;
}

#[diagnostic::do_not_recommend]
impl<E, U, Command, S, F, Answer> Handle<E, U, (Client<E, U>, Command), S> for F
where
    F: Fn(Client<E, U>, Command) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<E::Reply, Rejected>> + Send + 'static,
    E: Realtime<Command = Command>,
{
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn handler(self) -> Handler<E, U, S> {
        Arc::new(move |_, client, command| reply::<E>(self(client, command)))
    }
}

#[diagnostic::do_not_recommend]
impl<E, U, Command, S, T, F, Answer> Handle<E, U, (State<T>, Client<E, U>, Command), S> for F
where
    F: Fn(State<T>, Client<E, U>, Command) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<E::Reply, Rejected>> + Send + 'static,
    E: Realtime<Command = Command>,
    T: FromRef<S>,
{
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn handler(self) -> Handler<E, U, S> {
        Arc::new(move |state, client, command| reply::<E>(self(State(T::from_ref(&state)), client, command)))
    }
}

fn reply<E: Realtime>(answer: impl Future<Output = Result<E::Reply, Rejected>> + Send + 'static) -> Handling {
    Box::pin(async {
        let (reply, mut json) = (answer.await?, Vec::new());
        let commands = E::CONTRACT.commands.expect("a command was read by it");
        (commands.reply.encode)(&reply, &mut json).map_err(Rejected::failure)?;
        Ok(json)
    })
}

// Never applies: see `Authorize`.
#[diagnostic::do_not_recommend]
impl<E: Realtime, U, S, F: Nothing + 'static> Handle<E, U, (), S> for F {
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn handler(self) -> Handler<E, U, S> {
        unreachable!("nothing implements `Nothing`")
    }
}
