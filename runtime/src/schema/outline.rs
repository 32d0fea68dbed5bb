//! One enum's contract, walked once: what every document is made of.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::contract::{Channels, Contract, Realtime, Template, Variant};

/// What of a contract describes it; not generic, so that what is made of it compiles once.
pub(crate) struct Described {
    pub(super) name: &'static str,
    pub(super) variants: &'static [Variant],
    pub(super) templates: &'static [Template],
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    pub(super) state: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) commands: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) reply: Option<fn(&mut SchemaGenerator) -> Schema>,
}

impl<E: Realtime> From<Contract<E>> for Described {
    fn from(contract: Contract<E>) -> Self {
        Self {
            name: contract.name,
            variants: contract.variants,
            templates: E::Channel::TEMPLATES,
            schema: contract.schema,
            state: contract.states.map(|states| states.schema),
            commands: contract.commands.as_ref().map(|commands| commands.schema),
            reply: contract.commands.map(|commands| commands.reply.schema),
        }
    }
}

/// What is said of one enum. A `definition`, and what has no other name, is the name of a schema among `definitions`.
pub(crate) struct Outline {
    /// The enum's name in Rust.
    pub(crate) name: &'static str,
    /// The same without `Event`, which names what belongs to it.
    pub(crate) stem: String,
    pub(crate) templates: &'static [Template],
    pub(crate) event: String,
    /// Its variants; none where its schema has a form of its own.
    pub(crate) events: Vec<Happening>,
    /// The items that are no variant's own.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) item: String,
    pub(crate) channel: String,
    pub(crate) position: String,
    /// What every refusal is.
    pub(crate) problem: String,
    pub(crate) commands: Option<Asked>,
    pub(crate) state: Option<String>,
    /// Schemas by their names, which refer to each other as `#/$defs/…`.
    pub(crate) definitions: Value,
}

/// One variant of the enum.
pub(crate) struct Happening {
    /// Its name on the wire.
    pub(crate) name: String,
    pub(crate) variant: &'static Variant,
    pub(crate) template: &'static Template,
    pub(crate) definition: String,
    /// The item that carries it.
    pub(crate) item: String,
}

/// An item that is no variant's own.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) definition: String,
}

/// What clients may ask for.
pub(crate) struct Asked {
    pub(crate) definition: String,
    /// The commands' names on the wire, each with its definition; none where the schema has a form of its own.
    pub(crate) variants: Vec<(String, String)>,
    pub(crate) reply: String,
}

impl Outline {
    /// A definition, or a part of one, as a text: what its comment says.
    pub(crate) fn said_of(&self, definition: &str) -> Option<&str> {
        self.definitions[definition]["description"].as_str()
    }

    /// What JSON Schema has no words for.
    pub(super) fn facts(&self) -> Value {
        let channels = self.templates.iter().enumerate().map(|(at, template)| {
            let parameters: Vec<&str> = template.parameters().collect();
            let mut fact = json!({ "name": template.name, "template": template.to_string(), "parameters": parameters });
            if self.events.iter().any(|event| event.variant.presence && event.variant.template == at) {
                fact["presence"] = true.into();
            }
            fact
        });
        let events = self.events.iter().map(|event| {
            let mut fact = json!({
                "name": event.name,
                "channel": event.template.to_string(),
                "definition": event.definition,
                "item": event.item,
            });
            // Only what is so is said: most events are none of these.
            let Variant { volatile, guarded, latest, ends, .. } = *event.variant;
            for (word, _) in
                [("volatile", volatile), ("audience", guarded), ("latest", latest), ("ends", ends)].iter().filter(|fact| fact.1)
            {
                fact[word] = true.into();
            }
            fact
        });
        let mut facts = json!({
            "protocol": 1,
            "name": self.name,
            "event": self.event,
            "channel": self.channel,
            "channels": channels.collect::<Vec<_>>(),
            "events": events.collect::<Vec<_>>(),
        });
        if let Some(Asked { definition, variants, reply }) = &self.commands {
            let variants: Vec<Value> =
                variants.iter().map(|(name, definition)| json!({ "name": name, "definition": definition })).collect();
            facts["command"] = definition.as_str().into();
            facts["commands"] = variants.into();
            facts["reply"] = reply.as_str().into();
        }
        if let Some(state) = &self.state {
            facts["state"] = state.as_str().into();
        }
        facts
    }

    /// The definitions that are the application's own.
    pub(super) fn roots(&self) -> Vec<&str> {
        let asked = self.commands.iter().flat_map(|asked| [&asked.definition, &asked.reply]);
        [&self.event, &self.channel].into_iter().chain(asked).chain(&self.state).map(String::as_str).collect()
    }
}
