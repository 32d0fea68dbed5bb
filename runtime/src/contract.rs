//! What a derive states about an enum of events, and what an enum of channels can do.
//! Floor 0: facts, and the text form of a channel; no enum, hub or transport is known here.

mod needs;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{ChannelError, Misread};
#[cfg(feature = "server")]
pub(crate) use needs::Nothing;
pub use needs::{Decode, Describe, Encode, Key, Shown};

/// The longest name a channel may have, in bytes.
pub(crate) const CHANNEL_NAME_BYTES: usize = 255;

/// What a parameter's value keeps as it is; all else is percent-encoded, so no value can imitate a literal's separator.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'~').remove(b'-');

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

/// How the state of a channel is written and described.
#[doc(hidden)]
pub struct States<S> {
    /// Writes it as JSON, as serde does.
    pub encode: fn(&S, &mut Vec<u8>) -> serde_json::Result<()>,
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
    /// Reads a command, as serde does, if the enum names an enum of commands.
    pub commands: Option<ReadCommand<E::Command>>,
    /// Writes and describes a state, if the enum names its type.
    pub states: Option<States<E::State>>,
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
}

/// The facts of one variant.
#[doc(hidden)]
#[derive(Debug)]
pub struct Variant {
    /// Its name on the wire.
    pub name: &'static str,
    /// The place of its template among the channels' templates.
    pub template: usize,
    /// Whether it is worth seeing now, but not worth replaying.
    pub volatile: bool,
    /// Whether its events have an audience.
    pub guarded: bool,
    /// Whether only the newest of its events, of each key, is worth keeping.
    pub latest: bool,
    /// Whether its events are the last of their channels.
    pub ends: bool,
}

impl Variant {
    /// A variant whose events go to the channels of the template at `template`.
    #[must_use]
    pub const fn new(name: &'static str, template: usize) -> Self {
        Self { name, template, volatile: false, guarded: false, latest: false, ends: false }
    }

    /// The same, but not worth replaying.
    #[must_use]
    pub const fn volatile(self) -> Self {
        Self { volatile: true, ..self }
    }

    /// The same, but with an audience.
    #[must_use]
    pub const fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }

    /// The same, but with only the newest worth keeping.
    #[must_use]
    pub const fn latest(self) -> Self {
        Self { latest: true, ..self }
    }

    /// The same, but the last of its channel.
    #[must_use]
    pub const fn ends(self) -> Self {
        Self { ends: true, ..self }
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

/// A channel's template, `room:{room}`, in its parts.
#[derive(Debug)]
pub struct Template(#[doc(hidden)] pub &'static [Part]);

/// One part of a [`Template`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub enum Part {
    /// Text that stands as it is.
    Literal(&'static str),
    /// The value of the named field, percent-encoded.
    Parameter(&'static str),
}

impl Template {
    /// The name of the channel with these parameters.
    ///
    /// # Errors
    /// [`ChannelError::Empty`] where a parameter prints nothing, [`ChannelError::Long`] above 255 bytes.
    fn name(&self, parameters: &[&dyn fmt::Display]) -> Result<String, ChannelError> {
        let mut name = String::new();
        let mut values = parameters.iter();
        for part in self.0 {
            match part {
                Part::Literal(text) => name.push_str(text),
                Part::Parameter(parameter) => {
                    let value = values.next().expect("the derive hands over one value per parameter").to_string();
                    if value.is_empty() {
                        return Err(ChannelError::Empty { parameter });
                    }
                    name.extend(utf8_percent_encode(&value, ENCODED));
                }
            }
        }
        if name.len() > CHANNEL_NAME_BYTES { Err(ChannelError::Long) } else { Ok(name) }
    }

    /// The decoded parameters, if `name` is one of this template's.
    fn matches(&self, name: &str) -> Option<Result<Vec<String>, ChannelError>> {
        let mut rest = name;
        let mut values = Vec::new();
        for part in self.0 {
            match part {
                Part::Literal(text) => rest = rest.strip_prefix(text)?,
                Part::Parameter(_) => {
                    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._~-%".contains(c))).unwrap_or(rest.len());
                    let (value, after) = rest.split_at(end);
                    values.push(value);
                    rest = after;
                }
            }
        }
        rest.is_empty().then(|| values.into_iter().zip(self.parameters()).map(|(value, parameter)| decode(value, parameter)).collect())
    }

    /// The names of its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|part| match part {
            Part::Parameter(name) => Some(*name),
            Part::Literal(_) => None,
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Parameter(name) => write!(f, "{{{name}}}"),
        })
    }
}

/// One parameter's value from its encoded text: only the one canonical form is accepted.
fn decode(encoded: &str, parameter: &'static str) -> Result<String, ChannelError> {
    if encoded.is_empty() {
        return Err(ChannelError::Empty { parameter });
    }
    let value = percent_decode_str(encoded).decode_utf8().map_err(|_| ChannelError::Malformed)?;
    if utf8_percent_encode(&value, ENCODED).to_string() == encoded { Ok(value.into_owned()) } else { Err(ChannelError::Malformed) }
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

/// Prints a channel's name: what `Display` of a channel enum does.
///
/// # Errors
/// The formatter's own, or where the values make no name (an empty parameter, more than 255 bytes).
#[doc(hidden)]
pub fn print(template: &Template, parameters: &[&dyn fmt::Display], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(&template.name(parameters).map_err(|_| fmt::Error)?)
}

/// A channel's name read: which template it is of, and its parameters.
#[doc(hidden)]
#[derive(Debug)]
pub struct Named {
    /// The place of the template.
    pub template: usize,
    parameters: std::vec::IntoIter<String>,
}

impl Named {
    /// Reads the name of one of `C`'s channels.
    ///
    /// # Errors
    /// See [`ChannelError`].
    pub fn of<C: Channels>(name: &str) -> Result<Self, ChannelError> {
        Self::read(C::TEMPLATES, name)
    }

    /// Reads `name` by the first template that matches; the derive has made sure that there is only one.
    ///
    /// # Errors
    /// See [`ChannelError`].
    pub fn read(templates: &[Template], name: &str) -> Result<Self, ChannelError> {
        if name.len() > CHANNEL_NAME_BYTES {
            return Err(ChannelError::Long);
        }
        let (template, parameters) =
            templates.iter().enumerate().find_map(|(at, template)| Some((at, template.matches(name)?))).ok_or(ChannelError::Unknown)?;
        Ok(Self { template, parameters: parameters?.into_iter() })
    }

    /// The next parameter, as its type reads it.
    ///
    /// # Errors
    /// [`ChannelError::Malformed`] where the type does not read it, or does not print it back the same.
    pub fn parameter<T: Parameter>(&mut self) -> Result<T, ChannelError> {
        T::read(self)
    }
}

#[cfg(test)]
mod tests;
