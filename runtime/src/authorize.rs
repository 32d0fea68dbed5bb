//! May they? The application's answer for each channel. Floor 7.

use std::sync::Arc;

use axum::extract::FromRequestParts;

use crate::contract::{Channels, Nothing, Realtime};
use crate::error::Denied;
use crate::guard::Asking;
use crate::identity::Identity;

/// A function that says whether a user may have a channel: `async fn(User, Channel) -> Result<(), Denied>`.
///
/// `User` is an extractor ([`FromRequestParts`]) and an [`Identity`]. It is implemented for every function of that form;
/// [`Endpoints::authorize`](crate::Endpoints::authorize) takes it.
#[diagnostic::on_unimplemented(
    message = "this is not a function that can authorize the channels of `{E}`",
    label = "not an `async fn(User, Channel) -> Result<(), Denied>`",
    note = "`Channel` is the enum that the derive made for `{E}`, `User` an extractor that implements `triwire::Identity`; both are taken by value, and the future is `Send`"
)]
pub trait Authorize<E: Realtime, Arguments, S>: 'static {
    /// Whom it asks about.
    type User: Identity;

    /// The same for whoever does not know its type.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "only this crate calls it")]
    fn may(self) -> May<E, Self::User>;
}

/// See [`Authorize`].
pub(crate) type May<E, U> = Arc<dyn Fn(U, <E as Realtime>::Channel) -> Asking + Send + Sync>;

#[diagnostic::do_not_recommend]
impl<E, User, Channel, S, F, Answer> Authorize<E, (User, Channel), S> for F
where
    F: Fn(User, Channel) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<(), Denied>> + Send + 'static,
    Channel: Channels,
    E: Realtime<Channel = Channel>,
    User: FromRequestParts<S> + Identity,
    S: Send + Sync + 'static,
{
    type User = User;

    fn may(self) -> May<E, User> {
        Arc::new(move |user, channel| Box::pin(self(user, channel)))
    }
}

// Never applies. While there is a second candidate, rustc reports any mistake as the trait's own, in its words: with one alone it
// goes on into that one's bounds and advises closures.
#[diagnostic::do_not_recommend]
impl<E: Realtime, S, F: Nothing + 'static> Authorize<E, (), S> for F {
    type User = crate::identity::Anyone;

    fn may(self) -> May<E, Self::User> {
        unreachable!("nothing implements `Nothing`")
    }
}
