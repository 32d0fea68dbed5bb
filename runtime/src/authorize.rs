//! Who is it, and may they? The application's extractor, run once for a connection, and its answer for each channel. Floor 7.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::contract::{Channels, Realtime};
use crate::error::Denied;
use crate::guard::May;

/// Finds out who a request is from: how to ask for them, or the extractor's own refusal. The enum's and the user's types end here.
pub(crate) type Identify<S> = Arc<dyn for<'a> Fn(&'a mut Parts, &'a S) -> Identified<'a> + Send + Sync>;

type Identified<'a> = Pin<Box<dyn Future<Output = Result<May, Response>> + Send + 'a>>;

/// A function that says whether a user may have a channel: `async fn(User, Channel) -> Result<(), Denied>`.
///
/// `User` is any extractor with [`FromRequestParts`] (for several, a tuple of them), and `Clone`, because one connection may ask about
/// many channels. It is implemented for every function of that form; [`Endpoints::authorize`](crate::Endpoints::authorize) takes it.
#[diagnostic::on_unimplemented(
    message = "this is not a function that can authorize the channels of `{E}`",
    label = "not an `async fn(User, Channel) -> Result<(), Denied>`",
    note = "`Channel` is the enum that the derive made for `{E}`, `User` an extractor that is `Clone`; both are taken by value, and the future is `Send`"
)]
pub trait Authorize<E, Arguments, S>: 'static {
    /// Makes it one that asks by the channel's name, for the user of a request.
    #[doc(hidden)]
    fn identify(self) -> Identify<S>;
}

#[diagnostic::do_not_recommend]
impl<E, User, Channel, S, F, Answer> Authorize<E, (User, Channel), S> for F
where
    F: Fn(User, Channel) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<(), Denied>> + Send + 'static,
    Channel: Channels,
    E: Realtime<Channel = Channel>,
    User: FromRequestParts<S> + Clone + Send + Sync + 'static,
    S: Send + Sync + 'static,
{
    fn identify(self) -> Identify<S> {
        let function = Arc::new(self);
        Arc::new(move |parts, state| {
            let function = Arc::clone(&function);
            Box::pin(async move {
                let user = User::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
                let asked = Arc::new((function, user));
                let may: May = Arc::new(move |name| {
                    let (asked, channel) = (Arc::clone(&asked), name.parse::<Channel>());
                    // The function runs where its answer is awaited, from its first line on: who asks is a driver, and it may block.
                    Box::pin(async move {
                        let (function, user) = &*asked;
                        match channel {
                            Ok(channel) => function(user.clone(), channel).await,
                            // The name was read before; a type that reads it only once gets no channel.
                            Err(_) => Err(Denied),
                        }
                    })
                });
                Ok(may)
            })
        })
    }
}

/// Implemented by nothing.
trait Nothing {}

// Never applies. While there is a second candidate, rustc reports any mistake as the trait's own, in its words: with one alone it
// goes on into that one's bounds and advises closures.
#[diagnostic::do_not_recommend]
impl<E, S, F: Nothing + 'static> Authorize<E, (), S> for F {
    fn identify(self) -> Identify<S> {
        unreachable!("nothing implements `Nothing`")
    }
}
