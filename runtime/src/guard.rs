//! Whether one client may have a channel, asked by the channel's name: what keeps the transports free of the enum and of the application's types.
//! Never remembered: each subscribe, resume and poll asks anew. Floor 1.

use std::pin::Pin;
use std::sync::Arc;

use crate::error::{ChannelError, Denied};

/// Reads a channel's name, only to say what is wrong with it.
pub(crate) type ReadName = fn(&str) -> Result<(), ChannelError>;

/// The application's answer about one channel, on its way.
pub(crate) type Asking = Pin<Box<dyn Future<Output = Result<(), Denied>> + Send>>;

/// Asks the application about one channel, for the user that the request brought.
pub(crate) type May = Arc<dyn Fn(&str) -> Asking + Send + Sync>;

/// What one client's subscriptions have to pass.
#[derive(Clone)]
pub(crate) struct Guard {
    read: ReadName,
    may: Option<May>,
}

impl Guard {
    /// Names are checked, and whoever asks may; with `may`, the application decides.
    pub(crate) fn new(read: ReadName, may: Option<May>) -> Self {
        Self { read, may }
    }

    /// Whether the name is one of the enum's channels.
    pub(crate) fn read(&self, name: &str) -> Result<(), ChannelError> {
        (self.read)(name)
    }

    /// Whether nobody has to be asked.
    pub(crate) fn is_open(&self) -> bool {
        self.may.is_none()
    }

    /// Asks about one channel.
    pub(crate) fn ask(&self, name: &str) -> Asking {
        match &self.may {
            Some(may) => may(name),
            None => Box::pin(std::future::ready(Ok(()))),
        }
    }

    /// Asks about all of them at once, so that many channels cost the time of one.
    pub(crate) async fn ask_all(&self, names: &[String]) -> Result<(), Denied> {
        if self.may.is_some() {
            futures_util::future::try_join_all(names.iter().map(|name| self.ask(name))).await?;
        }
        Ok(())
    }
}
