//! The state of a channel, as the application gives it, and one asking for all who want the same in the same moment. Floor 7.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{FromRef, State};
use futures_util::FutureExt as _;
use futures_util::future::WeakShared;

use crate::connection::Due;
use crate::contract::{Channels, Nothing, Realtime};
use crate::hub::node::Node;
use crate::hub::states::{Taken, Taking};
use crate::identity::Identity;
use crate::position::Position;
use crate::protocol;
use crate::sync::{Mutex, lock};
use crate::task::Task;

/// A function that gives the state of a channel: `async fn(Channel) -> State`, the same for everybody, or
/// `async fn(User, Channel) -> State`; with the application's [`State`](axum::extract::State) before these if it wants that.
///
/// `State` is the type that the enum names by `state = …`, alone or with the position that it is good for ([`Given`]). It is implemented
/// for every function of these forms; [`Endpoints::snapshot`](crate::Endpoints::snapshot) takes it.
#[diagnostic::on_unimplemented(
    message = "this is not a function that can give the states of the channels of `{E}`",
    label = "not an `async fn(Channel) -> State`, nor an `async fn(User, Channel) -> State`",
    note = "the answer is the type that `{E}` names by `#[realtime(state = …)]`, or `(State, Position)`; `User` is `{U}` as `authorize` has it; a `State` of axum may come first, and the future is `Send`"
)]
pub trait Snapshot<E: Realtime, U, Arguments, S>: 'static {
    /// The same for whoever does not know its type.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn snapshots(self) -> Snapshots<E, U, S>;
}

/// What the function may answer: a state; or a state and the position of the newest event in it, read in the same transaction or under
/// the same lock. None of the hub's yet is `None`.
pub trait Given<State> {
    /// Both.
    fn parts(self) -> (State, Option<Position>);
}

impl<State> Given<State> for State {
    fn parts(self) -> (State, Option<Position>) {
        (self, None)
    }
}

impl<State> Given<State> for (State, Position) {
    fn parts(self) -> (State, Option<Position>) {
        (self.0, Some(self.1))
    }
}

impl<State> Given<State> for (State, Option<Position>) {
    fn parts(self) -> (State, Option<Position>) {
        self
    }
}

/// A state that the application is asked for.
type Giving<T> = Pin<Box<dyn Future<Output = (T, Option<Position>)> + Send>>;

/// The function, whose own type is forgotten.
type Give<E, U, S> = Arc<dyn Fn(S, U, <E as Realtime>::Channel) -> Giving<<E as Realtime>::State> + Send + Sync>;

/// See the module.
pub(crate) struct Snapshots<E: Realtime, U, S> {
    give: Give<E, U, S>,
    /// Whether each user has a state of their own.
    personal: bool,
    under_way: UnderWay,
}

/// What is being taken, by channel, and by user where each has a state of their own.
type UnderWay = Arc<Mutex<HashMap<Whose, Begun>>>;
type Whose = (Arc<str>, Option<Arc<str>>);

/// A state that is being taken.
struct Begun {
    /// The newest position when the application was asked; none before it is.
    at: Arc<OnceLock<Position>>,
    taking: WeakShared<Pin<Box<dyn Future<Output = Option<Taken>> + Send>>>,
}

impl Begun {
    /// It, if it will have all that this client had.
    fn serves(&self, had: Option<Position>) -> Option<Taking> {
        let newer = |had: Position| self.at.get().is_some_and(|at| at.epoch == had.epoch && at.offset >= had.offset);
        self.taking.upgrade().filter(|_| had.is_none_or(newer))
    }
}

impl<E: Realtime, S: Send + 'static, U: Identity> Snapshots<E, U, S> {
    fn new<Answer>(personal: bool, give: impl Fn(S, U, E::Channel) -> Answer + Send + Sync + 'static) -> Self
    where
        Answer: Future<Output: Given<E::State>> + Send + 'static,
    {
        let give: Give<E, U, S> = Arc::new(move |state, user, channel| {
            let answer = give(state, user, channel);
            Box::pin(async { answer.await.parts() })
        });
        Self { give, personal, under_way: UnderWay::default() }
    }

    /// Takes the state for this client, or joins who does. One of nobody in particular is shared with nobody.
    pub(crate) fn take(&self, node: &Arc<Node>, asked: (S, U, E::Channel), due: &Due, after: Duration) -> Taking {
        let key = self.personal.then(|| Arc::from(&*asked.1.key()));
        let is_shared = key.as_deref() != Some("");
        let whose = (due.channel.clone(), key);
        if let (true, Some(taking)) = (is_shared, lock(&self.under_way).get(&whose).and_then(|begun| begun.serves(due.had))) {
            return taking;
        }
        let at = Arc::new(OnceLock::new());
        let over = Over { under_way: self.under_way.clone(), whose: whose.clone(), at: at.clone() };
        let (give, node, begun) = (self.give.clone(), node.clone(), at.clone());
        let task = Task::new(async move {
            let _over = over;
            tokio::time::sleep(after).await;
            let newest = node.newest().await;
            let begun = *begun.get_or_init(|| newest);
            let (state, user, channel) = asked;
            let (state, own) = give(state, user, channel).await;
            let position = good_for(own, begun, &node).await;
            let json = json::<E>(&state)?;
            Some(Taken { json, position, begun })
        });
        let channel = due.channel.clone();
        let taken = task.map(move |taken| {
            taken.unwrap_or_else(|error| {
                tracing::error!(%channel, %error, "`snapshot` panicked");
                None
            })
        });
        let taking = taken.boxed().shared();
        if let (true, Some(weak)) = (is_shared, taking.downgrade()) {
            let before = lock(&self.under_way).insert(whose, Begun { at, taking: weak });
            drop(before);
        }
        taking
    }
}

/// What a state is good for: what the application says, else the newest position before it was asked. A position of another epoch says
/// nothing of this one; and none is above what the store has, whatever is said.
async fn good_for(own: Option<Position>, begun: Position, node: &Node) -> Position {
    let Some(own) = own else { return begun };
    let newest = node.newest().await;
    if own.epoch == newest.epoch { Position { offset: own.offset.min(newest.offset), ..newest } } else { begun }
}

/// A state as it is sent, in one line.
fn json<E: Realtime>(state: &E::State) -> Option<Arc<str>> {
    let states = E::CONTRACT.states?;
    let mut json = Vec::new();
    if let Err(error) = (states.encode)(state, &mut json) {
        tracing::error!(%error, events = E::CONTRACT.name, "a state of a channel cannot be written");
        return None;
    }
    protocol::in_one_line(&mut json);
    String::from_utf8(json).ok().map(Arc::from)
}

/// Takes a state out of what is under way when it is taken, or was not.
struct Over {
    under_way: UnderWay,
    whose: Whose,
    at: Arc<OnceLock<Position>>,
}

impl Drop for Over {
    fn drop(&mut self) {
        let mut under_way = lock(&self.under_way);
        if under_way.get(&self.whose).is_some_and(|begun| Arc::ptr_eq(&begun.at, &self.at)) {
            under_way.remove(&self.whose);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<E, U, Channel, S, F, Answer> Snapshot<E, U, (Channel,), S> for F
where
    F: Fn(Channel) -> Answer + Send + Sync + 'static,
    Answer: Future<Output: Given<E::State>> + Send + 'static,
    Channel: Channels,
    E: Realtime<Channel = Channel>,
    U: Identity,
    S: Send + 'static,
{
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn snapshots(self) -> Snapshots<E, U, S> {
        Snapshots::new(false, move |_, _, channel| self(channel))
    }
}

#[diagnostic::do_not_recommend]
impl<E, U, Channel, S, F, Answer> Snapshot<E, U, (U, Channel), S> for F
where
    F: Fn(U, Channel) -> Answer + Send + Sync + 'static,
    Answer: Future<Output: Given<E::State>> + Send + 'static,
    Channel: Channels,
    E: Realtime<Channel = Channel>,
    U: Identity,
    S: Send + 'static,
{
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn snapshots(self) -> Snapshots<E, U, S> {
        Snapshots::new(true, move |_, user, channel| self(user, channel))
    }
}

#[diagnostic::do_not_recommend]
impl<E, U, Channel, S, T, F, Answer> Snapshot<E, U, (State<T>, Channel), S> for F
where
    F: Fn(State<T>, Channel) -> Answer + Send + Sync + 'static,
    Answer: Future<Output: Given<E::State>> + Send + 'static,
    Channel: Channels,
    E: Realtime<Channel = Channel>,
    U: Identity,
    S: Send + 'static,
    T: FromRef<S>,
{
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn snapshots(self) -> Snapshots<E, U, S> {
        Snapshots::new(false, move |state, _, channel| self(State(T::from_ref(&state)), channel))
    }
}

#[diagnostic::do_not_recommend]
impl<E, U, Channel, S, T, F, Answer> Snapshot<E, U, (State<T>, U, Channel), S> for F
where
    F: Fn(State<T>, U, Channel) -> Answer + Send + Sync + 'static,
    Answer: Future<Output: Given<E::State>> + Send + 'static,
    Channel: Channels,
    E: Realtime<Channel = Channel>,
    U: Identity,
    S: Send + 'static,
    T: FromRef<S>,
{
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn snapshots(self) -> Snapshots<E, U, S> {
        Snapshots::new(true, move |state, user, channel| self(State(T::from_ref(&state)), user, channel))
    }
}

// Never applies: see `Authorize`.
#[diagnostic::do_not_recommend]
impl<E: Realtime, U, S, F: Nothing + 'static> Snapshot<E, U, (), S> for F {
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn snapshots(self) -> Snapshots<E, U, S> {
        unreachable!("nothing implements `Nothing`")
    }
}
