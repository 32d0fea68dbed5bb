//! A channel's template, and the names that it makes.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{CHANNEL_NAME_BYTES, Channels, Parameter};
use crate::error::ChannelError;

/// What a parameter's value keeps as it is; all else is percent-encoded, so no value can imitate a literal's separator.
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'~').remove(b'-');

/// A channel's template, `room:{room}`, in its parts.
#[derive(Debug)]
pub struct Template {
    /// The name of the channel enum's constructor for it.
    #[doc(hidden)]
    pub name: &'static str,
    /// Literals and parameters, in turn.
    #[doc(hidden)]
    pub parts: &'static [Part],
}

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
    pub(super) fn name(&self, parameters: &[&dyn fmt::Display]) -> Result<String, ChannelError> {
        let mut name = String::new();
        let mut values = parameters.iter();
        for part in self.parts {
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
        for part in self.parts {
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
        self.parts.iter().filter_map(|part| match part {
            Part::Parameter(name) => Some(*name),
            Part::Literal(_) => None,
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
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
    pub(super) parameters: std::vec::IntoIter<String>,
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
