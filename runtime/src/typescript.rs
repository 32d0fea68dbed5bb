//! The typed client of one enum for JavaScript: a module, and its declarations. Floor 8.
//!
//! Both are made of the contract's JSON Schema alone. The core is the same for every hub: the package `triwire`, which the hub serves too.

mod types;

use std::fmt::Write as _;

use serde_json::Value;

use crate::schema::reached;
use types::{comment, declare, identifier, property, ts};

/// The core, as `clients/build.mjs` makes it, and what it loads where a page wants one connection for all tabs.
pub(crate) const CORE: [(&str, &str); 2] =
    [("triwire.js", include_str!("typescript/triwire.js")), ("tabs.js", include_str!("typescript/tabs.js"))];

/// How a value says which variant it is.
enum Form<'a> {
    /// By its name alone.
    Name,
    /// By a field that has its name.
    Tag(&'a str),
    /// As the only field, which has its name.
    Field,
    /// In a way of its own.
    Other,
}

impl Form<'_> {
    fn of<'a>(name: &str, definition: &'a Value) -> Form<'a> {
        if definition["const"] == name {
            return Form::Name;
        }
        let tagged =
            parts(definition).filter_map(|part| part["properties"].as_object()).flatten().find(|(_, field)| field["const"] == name);
        match (tagged, definition["properties"].as_object()) {
            (Some((tag, _)), _) => Form::Tag(tag),
            (None, Some(fields)) if fields.len() == 1 && fields.contains_key(name) => Form::Field,
            _ => Form::Other,
        }
    }
}

/// A schema, and those that it joins: a variant that is one type has its tag beside it.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten())
}

/// What the documents say, ready to be said otherwise.
struct Told<'a> {
    facts: &'a Value,
    definitions: &'a Value,
}

impl<'a> Told<'a> {
    fn new(schema: &'a Value) -> Option<Self> {
        Some(Self { facts: schema.get("x-triwire")?, definitions: schema.get("$defs")? })
    }

    /// A definition's name, where the facts name one.
    fn name(&self, fact: &str) -> Option<&'a str> {
        self.facts.get(fact).and_then(Value::as_str)
    }

    fn list(&self, fact: &str) -> &'a [Value] {
        self.facts.get(fact).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Each variant's name, its definition's name, and how it says which it is.
    fn variants(&self, fact: &str) -> impl Iterator<Item = (&'a str, &'a str, Form<'a>)> {
        let named = self.list(fact).iter().filter_map(|one| Some((one["name"].as_str()?, one["definition"].as_str()?)));
        named.map(|(name, definition)| (name, definition, Form::of(name, &self.definitions[definition])))
    }

    /// The type of a channel's parameter: that of the field it is made of.
    fn parameter(&self, template: &str, parameter: &str) -> String {
        let of_it = self.list("events").iter().filter(|event| event["channel"] == template);
        let mut fields = of_it.filter_map(|event| {
            let definition = &self.definitions[event["definition"].as_str()?];
            [definition, &definition["properties"][event["name"].as_str()?]].iter().find_map(|of| of["properties"].get(parameter))
        });
        fields.next().map_or_else(|| "string | number".to_owned(), ts)
    }
}

/// `client.js`: the core, by the names of the enum. `core` is where the core is.
pub(crate) fn module(schema: &Value, core: &str) -> String {
    let Some(told) = Told::new(schema) else { return String::new() };
    let quoted = |text: &str| Value::from(text).to_string();
    let mut text = format!("// The client of `{}`, written from its contract.\n", told.name("name").unwrap_or_default());
    let _ = writeln!(text, "import {{ channel, connect as open }} from {};\n\nexport const channels = {{", quoted(core));
    for channel in told.list("channels") {
        let (Some(name), Some(template)) = (channel["name"].as_str(), channel["template"].as_str()) else { continue };
        let made = if template.contains('{') {
            format!("(parameters) => channel({}, parameters)", quoted(template))
        } else {
            format!("() => {}", quoted(template))
        };
        let _ = writeln!(text, "  {}: {made},", property(name));
    }
    let _ = writeln!(text, "}};\n\n{}", told.known());
    text.push_str("export const connect = (url, options) => {\n  const client = open(url, options);\n");
    if told.name("command").is_some() {
        text.push_str("  client.commands = {\n");
        for (name, _, form) in told.variants("commands") {
            let name_of = property(name);
            let _ = match form {
                Form::Name => writeln!(text, "    {name_of}: (options) => client.send({}, options),", quoted(name)),
                Form::Field => writeln!(text, "    {name_of}: (fields, options) => client.send({{ {name_of}: fields }}, options),"),
                Form::Tag(tag) if told.has_fields("commands", name) => {
                    let tag = property(tag);
                    writeln!(text, "    {name_of}: (fields, options) => client.send({{ ...fields, {tag}: {} }}, options),", quoted(name))
                }
                Form::Tag(tag) => {
                    writeln!(text, "    {name_of}: (options) => client.send({{ {}: {} }}, options),", property(tag), quoted(name))
                }
                Form::Other => Ok(()),
            };
        }
        text.push_str("  };\n");
    }
    text.push_str("  return client;\n};\n");
    text
}

/// `client.d.ts`: the types of the enum, and of its client.
pub(crate) fn declarations(schema: &Value) -> String {
    let Some(told) = Told::new(schema) else { return String::new() };
    let (name, event, channel) = (told.name("name"), told.name("event"), told.name("channel"));
    let (Some(name), Some(event), Some(channel)) = (name, event, channel) else { return String::new() };
    let stem = name.strip_suffix("Event").filter(|stem| !stem.is_empty()).unwrap_or(name);
    let mut text = format!("// The types of `{name}`, written from its contract.\nimport type * as triwire from \"triwire\";\n\n");
    let roots: Vec<&str> = ["event", "command", "reply", "state"].iter().filter_map(|root| told.name(root)).collect();
    for definition in reached(told.definitions, &roots) {
        declare(&definition, &told.definitions[&definition], &mut text);
    }
    told.channels(channel, &mut text);
    if told.name("command").is_some() {
        told.commands(stem, &mut text);
    }
    let or = |root: &str, other: &str| told.name(root).map_or_else(|| other.to_owned(), identifier);
    let (command, reply, state) = (or("command", "never"), or("reply", "never"), or("state", "never"));
    let (event, channel) = (identifier(event), identifier(channel));
    let commands = if told.name("command").is_some() { format!("  readonly commands: {stem}Commands;\n") } else { String::new() };
    let _ = write!(
        text,
        "declare const unknown: unique symbol;\n\
        /** An event that is of a later version, or of an older that the history has kept: `isKnown` tells it apart. */\n\
        export interface UnknownEvent {{\n  readonly [unknown]: never;\n}}\n\
        export declare function isKnown(event: {event} | UnknownEvent): event is {event};\n\n\
        /** What a subscription gives. */\n\
        export type {stem}Item = triwire.Item<{event} | UnknownEvent, {state}>;\n\n\
        /** A connection to a hub of `{name}`. */\n\
        export interface {stem}Client extends Omit<triwire.Client, \"subscribe\" | \"send\"> {{\n\
        \x20 subscribe(channels: {channel} | Iterable<{channel}>, options?: triwire.SubscribeOptions): AsyncIterableIterator<{stem}Item>;\n\
        \x20 send(command: {command}, options?: triwire.SendOptions<{event}>): Promise<{reply}>;\n\
        {commands}}}\n\n\
        export declare function connect(url: string | URL, options: triwire.Options): {stem}Client;\n"
    );
    text
}

impl Told<'_> {
    /// A function that says whether an event is one of today's.
    fn known(&self) -> String {
        let mut forms = self.variants("events").map(|(.., form)| form);
        let name = match forms.next() {
            Some(Form::Tag(tag)) if forms.all(|form| matches!(form, Form::Tag(other) if other == tag)) => {
                format!("event[{}]", Value::from(tag))
            }
            Some(Form::Name | Form::Field) if forms.all(|form| matches!(form, Form::Name | Form::Field)) => {
                "typeof event === \"string\" ? event : Object.keys(event)[0]".to_owned()
            }
            // Nothing in it says which it is.
            _ => return "export const isKnown = () => true;\n".to_owned(),
        };
        let names: Vec<&str> = self.variants("events").map(|(name, ..)| name).collect();
        format!("const known = {};\nexport const isKnown = (event) => known.includes({name});\n", Value::from(names))
    }

    /// Whether this variant has more than its tag.
    fn has_fields(&self, fact: &str, name: &str) -> bool {
        let definition = self.variants(fact).find(|(other, ..)| *other == name).map(|(_, definition, _)| &self.definitions[definition]);
        definition.is_some_and(|definition| definition["properties"].as_object().is_none_or(|fields| fields.len() > 1))
    }

    /// The names of channels, and what makes one.
    fn channels(&self, name: &str, into: &mut String) {
        let (mut names, mut makers) = (Vec::new(), String::new());
        for channel in self.list("channels") {
            let (Some(maker), Some(template)) = (channel["name"].as_str(), channel["template"].as_str()) else { continue };
            let parameters: Vec<&str> =
                channel["parameters"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
            // A parameter stands in braces, and no literal has one.
            let is_literal = parameters.is_empty();
            let pattern: String = template
                .split_inclusive(['{', '}'])
                .map(|part| match part.strip_suffix(['{', '}']) {
                    Some(_) if part.ends_with('}') => "${string}".to_owned(),
                    Some(literal) => literal.to_owned(),
                    None => part.to_owned(),
                })
                .collect();
            let pattern = if is_literal { Value::from(template).to_string() } else { format!("`{pattern}`") };
            let fields: Vec<String> =
                parameters.iter().map(|parameter| format!("{}: {}", property(parameter), self.parameter(template, parameter))).collect();
            let takes = if is_literal { String::new() } else { format!("parameters: {{ {} }}", fields.join("; ")) };
            let _ = writeln!(makers, "  /** `{template}` */\n  {}({takes}): {pattern};", property(maker));
            names.push(pattern);
        }
        comment(&self.definitions[name], "", into);
        let names = if names.is_empty() { "never".to_owned() } else { names.join(" | ") };
        let _ = writeln!(into, "export type {} = {names};\n\nexport declare const channels: {{\n{makers}}};\n", identifier(name));
    }

    /// A method for each command.
    fn commands(&self, stem: &str, into: &mut String) {
        let reply = self.name("reply").map_or_else(|| "never".to_owned(), identifier);
        let _ = writeln!(into, "/** What a client may ask for. */\nexport interface {stem}Commands {{");
        for (name, definition, form) in self.variants("commands") {
            let type_name = identifier(definition);
            let fields = match form {
                Form::Name => None,
                Form::Field => Some(format!("{type_name}[{}]", Value::from(name))),
                Form::Tag(_) if !self.has_fields("commands", name) => None,
                Form::Tag(tag) => Some(format!("Omit<{type_name}, {}>", Value::from(tag))),
                Form::Other => continue,
            };
            comment(&self.definitions[definition], "  ", into);
            let fields = fields.map(|fields| format!("fields: {fields}, ")).unwrap_or_default();
            let _ = writeln!(into, "  {}({fields}options?: triwire.SendOptions): Promise<{reply}>;", property(name));
        }
        into.push_str("}\n\n");
    }
}
