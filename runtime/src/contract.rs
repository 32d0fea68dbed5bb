//! What a derive states about an enum of events, and what an enum of channels can do.
//! Floor 0: facts, and the text form of a channel; no enum, hub or transport is known here.

mod needs;
mod template;
mod variant;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::utf8_percent_encode;

use crate::error::{ChannelError, Misread};
#[cfg(feature = "server")]
pub(crate) use needs::Nothing;
pub use needs::{Decode, Describe, Encode, Key, Shown};
use template::ENCODED;
pub use template::{Named, Part, Template, print};
pub use variant::Variant;

/// The longest name a channel may have, in bytes.
pub(crate) const CHANNEL_NAME_BYTES: usize = 255;

/// An enum whose values are the events of one hub. Derive it: `#[derive(Realtime)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of events",
    label = "no `Realtime` here",
    note = "write `#[derive(triwire::Realtime, serde::Serialize, schemars::JsonSchema)]` on the enum"
)]
pub trait Realtime: Sized + Send + Sync + 'static {
    /// The channels its events go to, an enum that the derive makes.
    type Channel: Channels;

    /// What clients may ask for, an enum named by `commands = …`; where none is named, a type without a value.
    type Command: Send + 'static;

    /// What a command is answered, a type named by `reply = …`; where none is named, `()`, which is `null`.
    type Reply: Send + 'static;

    /// The state of a channel, a type named by `state = …`; where none is named, a type without a value.
    type State: Send + 'static;

    /// What the derive read from the enum.
    #[doc(hidden)]
    const CONTRACT: Contract<Self>;

    /// Where this event goes.
    #[doc(hidden)]
    fn route(&self) -> Route;
}

/// An enum of channels, each variant one template. The derive of [`Realtime`] makes it.
pub trait Channels: fmt::Display + FromStr<Err = ChannelError> + Clone + fmt::Debug + Eq + Hash + Send + Sync + 'static {
    /// The templates, in the order of the variants.
    const TEMPLATES: &'static [Template];
}

/// Reads a command from JSON.
#[doc(hidden)]
pub type ReadCommand<C> = fn(&[u8]) -> Result<C, Misread>;

/// How commands are read and described, and what they are answered.
#[doc(hidden)]
pub struct Commands<C, R> {
    /// Reads one from JSON, as serde does.
    pub read: ReadCommand<C>,
    /// Describes them, as schemars does.
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    /// What each is answered.
    pub reply: Sent<R>,
}

/// How what is sent beside events, a state or a reply, is written and described.
#[doc(hidden)]
pub struct Sent<T> {
    /// Writes it as JSON, as serde does.
    pub encode: fn(&T, &mut Vec<u8>) -> serde_json::Result<()>,
    /// Describes it, as schemars does.
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

/// The facts of one enum of events.
#[doc(hidden)]
pub struct Contract<E: Realtime> {
    /// The enum's name in Rust.
    pub name: &'static str,
    /// How many events a channel keeps, if the enum says so.
    pub history: Option<usize>,
    /// How long a channel keeps them, if the enum says so.
    pub keep: Option<Duration>,
    /// The variants, in the enum's order.
    pub variants: &'static [Variant],
    /// Reads, describes and answers commands, if the enum names an enum of them.
    pub commands: Option<Commands<E::Command, E::Reply>>,
    /// Writes and describes a state, if the enum names its type.
    pub states: Option<Sent<E::State>>,
    /// Writes an event as JSON, as serde does.
    pub encode: fn(&E, &mut Vec<u8>) -> serde_json::Result<()>,
    /// Describes the enum, as schemars does.
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

impl<E: Realtime> Contract<E> {
    /// The route of an event of the variant at `variant`, with its channel's parameters in the template's order.
    #[must_use]
    pub fn route(&self, variant: usize, parameters: &[&dyn fmt::Display]) -> Route {
        let variant = &self.variants[variant];
        let channel = E::Channel::TEMPLATES[variant.template].name(parameters);
        let audience = self.guards(variant.template).then_some(Audience::Everyone);
        // Encoded, so that no variant's name and key can be another's.
        let latest = variant.latest.then(|| utf8_percent_encode(variant.name, ENCODED).to_string());
        Route { channel, volatile: variant.volatile, audience, latest, ends: variant.ends }
    }

    /// Whether not everybody may see all events of the channels of this template.
    pub(crate) fn guards(&self, template: usize) -> bool {
        self.variants.iter().any(|variant| variant.guarded && variant.template == template)
    }

    /// Whether any channels tell who is in.
    #[cfg(feature = "server")]
    pub(crate) fn tells_presence(&self) -> bool {
        self.variants.iter().any(|variant| variant.presence)
    }

    /// Whether the channels of this template tell who is in.
    #[cfg(feature = "server")]
    pub(crate) fn has_presence(&self, template: usize) -> bool {
        self.variants.iter().any(|variant| variant.presence && variant.template == template)
    }
}

/// Where one event goes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Route {
    /// The channel's name, or why the fields make none.
    pub channel: Result<String, ChannelError>,
    /// Whether the event takes no offset.
    pub volatile: bool,
    /// Who may see it, where not everybody may see all of the channel.
    pub audience: Option<Audience>,
    /// What the event is the newest of: its variant, and its key where it has one.
    pub latest: Option<String>,
    /// Whether the event is the last of its channel.
    pub ends: bool,
}

impl Route {
    /// The same, for this audience.
    #[must_use]
    pub fn only(self, parts: &[&dyn fmt::Display]) -> Self {
        let audience: String = parts.iter().map(ToString::to_string).collect();
        Self { audience: Some(Audience::Only(audience.into())), ..self }
    }

    /// The same, of an event that is the newest with this key only.
    #[must_use]
    pub fn key(mut self, key: &dyn fmt::Display) -> Self {
        self.latest = self.latest.map(|variant| format!("{variant}:{key}"));
        self
    }
}

/// Who may see an event of a channel that not everybody may see all of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may have the channel.
    Everyone,
    /// Whoever the application shows this audience to.
    Only(Arc<str>),
}

/// A type that may stand in a channel's template: it prints itself, and reads what it printed.
///
/// Strings, integers, `bool`, `char`, uuids, and newtypes over them; implemented for whatever has the traits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a channel's parameter",
    label = "it stands in a `channel` template",
    note = "a parameter has `Display` and `FromStr` (reading what it printed), `Clone`, `Debug`, `Eq` and `Hash`: use a string, an integer, a uuid, or a newtype that has them"
)]
pub trait Parameter: Sized {
    // The derive asks for everything by this trait, which has no supertraits for the same reason: rustc then tells of an unfit type
    // once, instead of once for each trait that it lacks in each place where it is met.

    /// Itself, for the printing of a channel.
    #[doc(hidden)]
    fn shown(&self) -> &dyn fmt::Display;

    /// The next parameter of a channel's name.
    #[doc(hidden)]
    fn read(named: &mut Named) -> Result<Self, ChannelError>;

    /// `Clone`.
    #[doc(hidden)]
    fn copy(&self) -> Self;

    /// Itself, for `Debug`.
    #[doc(hidden)]
    fn debugged(&self) -> &dyn fmt::Debug;

    /// `PartialEq`.
    #[doc(hidden)]
    fn same(&self, other: &Self) -> bool;

    /// `Hash`.
    #[doc(hidden)]
    fn hashed(&self, state: &mut dyn Hasher);
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + FromStr + Clone + fmt::Debug + Eq + Hash + Send + Sync + 'static> Parameter for T {
    fn shown(&self) -> &dyn fmt::Display {
        self
    }

    fn read(named: &mut Named) -> Result<Self, ChannelError> {
        let text = named.parameters.next().ok_or(ChannelError::Malformed)?;
        let value: T = text.parse().map_err(|_| ChannelError::Malformed)?;
        if value.to_string() == text { Ok(value) } else { Err(ChannelError::Malformed) }
    }

    fn copy(&self) -> Self {
        self.clone()
    }

    fn debugged(&self) -> &dyn fmt::Debug {
        self
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }

    fn hashed(&self, mut state: &mut dyn Hasher) {
        self.hash(&mut state);
    }
}

#[cfg(test)]
mod tests;
