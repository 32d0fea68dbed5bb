//! Objects: their fields, and which is which where there are several, as serde tells the variants of an enum apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Comparison, Names};
use crate::lock::Place;
use crate::lock::rules::{
    CONTENT_RENAMED, ENTRIES_ADDED, ENTRIES_REMOVED, FIELD_MADE_OPTIONAL, FIELD_MADE_REQUIRED, FIELD_REFUSED, OPTIONAL_FIELD_ADDED,
    OPTIONAL_FIELD_REMOVED, PATTERN_CHANGED, REQUIRED_FIELD_ADDED, REQUIRED_FIELD_REMOVED, TAG_RENAMED, TYPE_NARROWED, TYPE_WIDENED,
    UNKNOWN_IGNORED, UNKNOWN_REFUSED,
};
use crate::lock::shape::{Case, Document, Field, Object, Others};
use crate::lock::words::{named_schema, quoted};

/// The variants of an enum by their names.
#[derive(Debug)]
struct Variants<'a> {
    by_name: BTreeMap<&'a str, Object<'a>>,
    /// The field with the name; none where the name is the only field.
    tag: Option<&'a str>,
}

/// Names that were changed for all variants at once, and are not told again for each.
#[derive(Clone, Copy, Debug, Default)]
struct Renamed<'a> {
    tag: Option<(&'a str, &'a str)>,
    content: Option<(&'a str, &'a str)>,
}

impl<'a> Comparison<'a> {
    pub(super) fn objects(&mut self, place: &Place, old: &[Case<'a>], new: &[Case<'a>], names: Names) {
        let (old, new) = (objects(old), objects(new));
        let (before, after) = (tags(self.old, &old), tags(self.new, &new));
        // A tag that is on both sides is none that was renamed.
        let kept = before.iter().find(|tag| after.contains(tag)).copied();
        let tag = |tags: &[&'a str]| kept.or(tags.first().copied());
        match (variants(self.old, &old, tag(&before)), variants(self.new, &new, tag(&after))) {
            (Some(old), Some(new)) if old.tag.is_some() == new.tag.is_some() => self.variants(place, &old, &new, names),
            // An object alone may have a field that looks like a tag.
            (Some(old), Some(new)) if old.by_name.len().max(new.by_name.len()) > 1 => {
                let by = |variants: &Variants<'_>| variants.tag.map_or("the name of the only field".to_owned(), quoted);
                self.tell(&TAG_RENAMED, place, format!("what tells its cases apart was {}, it is {}", by(&old), by(&new)));
            }
            // The one side is empty, as where an enum gets its first variant with fields.
            (None, Some(new)) if old.is_empty() => new.by_name.keys().for_each(|name| self.come(place, name, names)),
            (Some(old), None) if new.is_empty() => old.by_name.keys().for_each(|name| self.gone(place, name, names)),
            _ => self.untold(place, &old, &new),
        }
    }

    /// Objects that nothing tells apart.
    fn untold(&mut self, place: &Place, old: &[Object<'a>], new: &[Object<'a>]) {
        let paired = self.pair(old, new, |comparison, one, two| comparison.are_same(one.source, two.source));
        for (one, two) in &paired.both {
            self.object(place, one, two, Renamed::default());
        }
        for _ in paired.removed {
            self.tell(&TYPE_NARROWED, place, "it is no longer an object, or not of this kind".to_owned());
        }
        for _ in paired.added {
            self.tell(&TYPE_WIDENED, place, "it is also an object, or of one more kind".to_owned());
        }
    }

    fn variants(&mut self, place: &Place, old: &Variants<'a>, new: &Variants<'a>, names: Names) {
        let mut renamed = Renamed::default();
        if let (Some(before), Some(after)) = (old.tag, new.tag) {
            if before != after {
                self.tell(&TAG_RENAMED, place, format!("{} is {} now", quoted(before), quoted(after)));
                renamed.tag = Some((before, after));
            }
            if let (Some(one), Some(two)) = (content(old, before), content(new, after))
                && one != two
            {
                self.tell(&CONTENT_RENAMED, place, format!("{} is {} now", quoted(one), quoted(two)));
                renamed.content = Some((one, two));
            }
        }
        for (name, one) in &old.by_name {
            let Some(two) = new.by_name.get(name) else { continue };
            if names.are_variants {
                self.seen.clear();
            }
            let place = place.case(name, names);
            if self.is_news(one.source, two.source) {
                self.comments(&place, one.source, two.source);
            }
            self.object(&place, one, two, renamed);
        }
        let gone: Vec<&str> = old.by_name.keys().filter(|name| !new.by_name.contains_key(*name)).copied().collect();
        let come: Vec<&str> = new.by_name.keys().filter(|name| !old.by_name.contains_key(*name)).copied().collect();
        if let ([before], [after]) = (&gone[..], &come[..])
            && self.are_alike((old, before), (new, after))
        {
            let what = format!("{} is {} now", quoted(before), quoted(after));
            return self.tell(names.renamed, &place.case(before, names), what);
        }
        gone.iter().for_each(|name| self.gone(place, name, names));
        come.iter().for_each(|name| self.come(place, name, names));
    }

    fn gone(&mut self, place: &Place, name: &str, names: Names) {
        self.tell(names.removed, &place.case(name, names), format!("{} is gone", quoted(name)));
    }

    fn come(&mut self, place: &Place, name: &str, names: Names) {
        self.tell(names.added, &place.case(name, names), format!("{} is new", quoted(name)));
    }

    /// Whether two variants are the same but for the name: then it is that which changed.
    fn are_alike(&self, (old, before): (&Variants<'a>, &str), (new, after): (&Variants<'a>, &str)) -> bool {
        let fields = |variants: &Variants<'a>, name: &str| -> Vec<(&'a str, Field<'a>)> {
            let object = &variants.by_name[name];
            let of_tag = |field: &str| Some(field) == variants.tag;
            let hidden =
                |field: &str| if variants.tag.is_none() { "" } else { object.fields.get_key_value(field).map_or("", |(name, _)| name) };
            object.fields.iter().filter(|(name, _)| !of_tag(name)).map(|(name, field)| (hidden(name), *field)).collect()
        };
        let (one, two) = (fields(old, before), fields(new, after));
        one.len() == two.len()
            && one.iter().zip(&two).all(|((name, field), (other, another))| {
                name == other && field.is_required == another.is_required && self.are_same(field.schema, another.schema)
            })
    }

    fn object(&mut self, place: &Place, old: &Object<'a>, new: &Object<'a>, renamed: Renamed<'a>) {
        let is_tag = |name: &str| renamed.tag.is_some_and(|(before, after)| name == before || name == after);
        let is_content = |name: &str| renamed.content.is_some_and(|(before, after)| name == before || name == after);
        if let Some((before, after)) = renamed.content
            && let (Some(one), Some(two)) = (old.fields.get(before), new.fields.get(after))
        {
            self.schemas(&place.field(after), one.schema, two.schema);
        }
        self.others(place, old.others, new.others);
        let names: BTreeSet<&str> = old.fields.keys().chain(new.fields.keys()).copied().collect();
        for name in names.into_iter().filter(|name| !is_tag(name) && !is_content(name)) {
            let place = place.field(name);
            match (old.fields.get(name), new.fields.get(name)) {
                (Some(one), Some(two)) => self.field(&place, one, two),
                (Some(one), None) => self.field_gone(&place, one, new.others),
                (None, Some(two)) => self.field_come(&place, two, old.others),
                (None, None) => {}
            }
        }
    }

    fn field(&mut self, place: &Place, old: &Field<'a>, new: &Field<'a>) {
        match (old.is_required, new.is_required) {
            (false, true) => self.tell(&FIELD_MADE_REQUIRED, place, "it is always there".to_owned()),
            (true, false) => self.tell(&FIELD_MADE_OPTIONAL, place, "it may be absent".to_owned()),
            _ => {}
        }
        self.schemas(place, old.schema, new.schema);
    }

    fn field_gone(&mut self, place: &Place, old: &Field<'a>, others: Others<'a>) {
        let rule = if old.is_required { &REQUIRED_FIELD_REMOVED } else { &OPTIONAL_FIELD_REMOVED };
        self.tell(rule, place, format!("it was {}", named_schema(self.old, old.schema)));
        if self.direction.is_written_by_clients() {
            self.meets(place, others, |comparison, entries| comparison.schemas(place, old.schema, entries));
        } else if let Others::Of(entries) | Others::Keyed(_, entries) = others {
            // A map may write an entry of this name.
            self.schemas(place, old.schema, entries);
        }
    }

    fn field_come(&mut self, place: &Place, new: &Field<'a>, others: Others<'a>) {
        let rule = if new.is_required { &REQUIRED_FIELD_ADDED } else { &OPTIONAL_FIELD_ADDED };
        self.tell(rule, place, format!("it is {}", named_schema(self.new, new.schema)));
        if !self.direction.is_written_by_clients() {
            self.meets(place, others, |comparison, entries| comparison.schemas(place, entries, new.schema));
        } else if let Others::Of(entries) | Others::Keyed(_, entries) = others {
            self.schemas(place, entries, new.schema);
        }
    }

    /// A field that only who writes knows: what who reads says of fields that are not named.
    fn meets(&mut self, place: &Place, others: Others<'a>, as_entry: impl FnOnce(&mut Self, &'a Value)) {
        match others {
            Others::Ignored => {}
            Others::Refused => self.tell(&FIELD_REFUSED, place, "who reads refuses it".to_owned()),
            Others::Of(entries) => as_entry(self, entries),
            Others::Keyed(..) => self.tell(&FIELD_REFUSED, place, "who reads may refuse its name".to_owned()),
        }
    }

    fn others(&mut self, place: &Place, old: Others<'a>, new: Others<'a>) {
        match (old, new) {
            (Others::Ignored, Others::Ignored) | (Others::Refused, Others::Refused) => {}
            (Others::Of(one), Others::Of(two)) => self.schemas(&place.entry(), one, two),
            (Others::Keyed(before, one), Others::Keyed(after, two)) => {
                if before != after {
                    let what = format!("its keys were {}, they are {}", quoted(before), quoted(after));
                    self.tell(&PATTERN_CHANGED, place, what);
                }
                self.schemas(&place.entry(), one, two);
            }
            (Others::Ignored, Others::Refused) => {
                self.tell(&UNKNOWN_REFUSED, place, "it is refused where it has a field that is not known".to_owned());
            }
            (Others::Refused, Others::Ignored) => self.tell(&UNKNOWN_IGNORED, place, "a field that is not known is ignored".to_owned()),
            (Others::Ignored, Others::Of(_) | Others::Keyed(..)) => self.tell(&ENTRIES_ADDED, place, "it is a map now".to_owned()),
            (Others::Of(_) | Others::Keyed(..), Others::Ignored) => self.tell(&ENTRIES_REMOVED, place, "it is no map any more".to_owned()),
            (Others::Refused, Others::Of(_) | Others::Keyed(..)) => {
                self.tell(&TYPE_WIDENED, place, "it had only the fields that are named, it is a map".to_owned());
            }
            (Others::Of(_) | Others::Keyed(..), Others::Refused) => {
                self.tell(&TYPE_NARROWED, place, "it was a map, it has only the fields that are named".to_owned());
            }
            (Others::Of(one), Others::Keyed(keys, two)) => {
                self.tell(&TYPE_NARROWED, place, format!("its keys were any text, they are {}", quoted(keys)));
                self.schemas(&place.entry(), one, two);
            }
            (Others::Keyed(keys, one), Others::Of(two)) => {
                self.tell(&TYPE_WIDENED, place, format!("its keys were {}, they are any text", quoted(keys)));
                self.schemas(&place.entry(), one, two);
            }
        }
    }
}

fn objects<'a>(cases: &[Case<'a>]) -> Vec<Object<'a>> {
    let found = cases.iter().filter_map(|case| match case {
        Case::Object(object) => Some(object.clone()),
        _ => None,
    });
    found.collect()
}

/// The fields that are another text in each of the objects.
fn tags<'a>(document: Document<'a>, objects: &[Object<'a>]) -> Vec<&'a str> {
    let fields = objects.first().into_iter().flat_map(|object| object.fields.keys().copied());
    let tells_apart = |tag: &&str| {
        let names: Option<BTreeSet<&str>> = objects.iter().map(|object| name_by(document, object, tag)).collect();
        names.is_some_and(|names| names.len() == objects.len())
    };
    fields.filter(tells_apart).collect()
}

fn name_by<'a>(document: Document<'a>, object: &Object<'a>, tag: &str) -> Option<&'a str> {
    let field = object.fields.get(tag).filter(|field| field.is_required)?;
    document.constant(field.schema)?.as_str()
}

/// The objects by what tells them apart: this field, or a name that is the only field.
fn variants<'a>(document: Document<'a>, objects: &[Object<'a>], tag: Option<&'a str>) -> Option<Variants<'a>> {
    let name = |object: &Object<'a>| match tag {
        Some(tag) => name_by(document, object, tag),
        None => match object.fields.iter().next() {
            Some((name, field)) if object.fields.len() == 1 && field.is_required && matches!(object.others, Others::Refused) => Some(*name),
            _ => None,
        },
    };
    let named = objects.iter().map(|object| Some((name(object)?, object.clone())));
    let by_name: BTreeMap<&str, Object<'_>> = named.collect::<Option<_>>()?;
    (!objects.is_empty() && by_name.len() == objects.len()).then_some(Variants { by_name, tag })
}

/// The field beside the tag that holds all that a variant has.
fn content<'a>(variants: &Variants<'a>, tag: &str) -> Option<&'a str> {
    let others = variants.by_name.values().flat_map(|object| object.fields.keys()).filter(|name| **name != tag);
    let names: BTreeSet<&str> = others.copied().collect();
    let holders = variants.by_name.values().filter(|object| object.fields.len() > 1).count();
    let name = names.first().copied().filter(|_| names.len() == 1 && holders > 1)?;
    variants.by_name.values().filter_map(|object| object.fields.get(name)).all(|field| field.is_required).then_some(name)
}
