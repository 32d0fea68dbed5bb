//! A new identity for a connection, in place: its ticket is opened, then the application is asked about every channel of the connection
//! anew. Both in tasks of their own, for the application's code may block, and a driver must not.

use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use crate::guard::{Guard, Renewal, Renewed};
use crate::hub::stream::Stream;
use crate::task::Task;
use crate::tickets::Unopened;

/// See the module.
pub(crate) enum Renewing {
    Opening(Task<Result<Renewed, Unopened>>),
    Asking(Task<(Renewed, Vec<String>)>),
}

impl Renewing {
    pub(crate) fn begin(renewal: Renewal) -> Self {
        Self::Opening(Task::new(renewal))
    }

    /// The new identity, and those channels that it may not have. Called once all that was asked before has its effect, so that no
    /// channel is left out. What is taken from the client meanwhile is not given back: a renewal joins nothing.
    pub(crate) fn poll(&mut self, stream: &Stream, guard: &Guard, cx: &mut Context<'_>) -> Poll<Result<(Renewed, Vec<String>), Unopened>> {
        if let Self::Opening(task) = self {
            let opened = ready!(task.poll_unpin(cx)).unwrap_or_else(|error| {
                tracing::error!(%error, "the user of a ticket could not be read");
                Err(Unopened::Refused)
            });
            match opened {
                Ok(renewed) => *self = Self::ask(renewed, stream, guard),
                Err(unopened) => return Poll::Ready(Err(unopened)),
            }
        }
        let Self::Asking(task) = self else { return Poll::Pending };
        // What panics there is caught there: the task itself only ends early with its runtime.
        Poll::Ready(ready!(task.poll_unpin(cx)).map_err(|_| Unopened::Refused))
    }

    fn ask(renewed: Renewed, stream: &Stream, guard: &Guard) -> Self {
        let (guard, names) = (guard.renewed(renewed.visitor.clone()), stream.names());
        Self::Asking(Task::new(async move {
            let asked = join_all(names.iter().map(|name| may(&guard, name))).await;
            let refused = names.into_iter().zip(asked).filter_map(|(name, may)| (!may).then_some(name)).collect();
            (renewed, refused)
        }))
    }
}

/// Whether this identity may have the channel.
async fn may(guard: &Guard, name: &str) -> bool {
    let asked = AssertUnwindSafe(async { guard.ask(name).await }).catch_unwind().await;
    asked.map_or_else(
        |_| {
            tracing::error!("`authorize` panicked, which is taken for a no");
            false
        },
        |answer| answer.is_ok(),
    )
}
