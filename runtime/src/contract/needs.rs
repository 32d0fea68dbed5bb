//! What the expansion asks of the user's types, each by a trait of its own: so what is missing is told once, in words of ours.

use std::fmt;

use crate::error::Misread;

/// What an event, or a state, must do to travel: serde's `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Serialize`",
    label = "it is sent as serde writes it",
    note = "add the derive: `#[derive(serde::Serialize)]`"
)]
#[doc(hidden)]
pub trait Encode {
    /// Writes itself as JSON.
    ///
    /// # Errors
    /// Whatever its `Serialize` reports.
    fn encode(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize> Encode for T {
    fn encode(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, self)
    }
}

/// What a command must do to be read: serde's `Deserialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Deserialize`",
    label = "a command is read as serde does",
    note = "add the derive: `#[derive(serde::Deserialize)]`"
)]
#[doc(hidden)]
pub trait Decode: Sized {
    /// Reads itself from JSON.
    ///
    /// # Errors
    /// What is wrong, and where.
    fn decode(json: &[u8]) -> Result<Self, Misread>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned> Decode for T {
    fn decode(json: &[u8]) -> Result<Self, Misread> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let read = serde_path_to_error::deserialize(&mut reader);
        let value = read.map_err(|error| Misread { path: error.path().to_string(), why: error.inner().to_string() })?;
        reader.end().map_err(|error| Misread { path: ".".to_owned(), why: error.to_string() })?;
        Ok(value)
    }
}

/// What an event, or a state, must do to be described: schemars' `JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `JsonSchema`",
    label = "the contract is made of its schema",
    note = "add the derive: `#[derive(schemars::JsonSchema)]`"
)]
#[doc(hidden)]
pub trait Describe {
    /// Its schema.
    fn describe(generator: &mut schemars::SchemaGenerator) -> schemars::Schema;
}

#[diagnostic::do_not_recommend]
impl<T: schemars::JsonSchema> Describe for T {
    fn describe(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<T>()
    }
}

/// Implemented by nothing: what a second candidate, which never applies, is for.
#[cfg(feature = "server")]
pub(crate) trait Nothing {}

/// A field that stands in an audience: it prints itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in an `audience`",
    label = "an audience is a text, and this has none",
    note = "use a string, an integer, a uuid, or a type of yours that implements `Display`"
)]
#[doc(hidden)]
pub trait Shown {
    /// Itself.
    fn shown(&self) -> &dyn fmt::Display;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display> Shown for T {
    fn shown(&self) -> &dyn fmt::Display {
        self
    }
}

/// A type that may be the key of a `latest` variant: it prints itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a `latest` variant",
    label = "`key` names this field",
    note = "a key has `Display`: of the events that print the same, the newest is kept; use a string, a number, a uuid, or a newtype that has it"
)]
#[doc(hidden)]
pub trait Key {
    /// Itself, for printing.
    fn shown(&self) -> &dyn fmt::Display;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display> Key for T {
    fn shown(&self) -> &dyn fmt::Display {
        self
    }
}
