//! Start tags.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::{
    cursor::Cursor,
    entities::Entities,
    events::{Attribute, Name, NotWellFormed, StartTag},
    namespaces::Namespaces,
};

/// Maximum number of attributes that are compared with each other without a set.
const FEW: usize = 8;

/// Kind of a tag that starts an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagEnd {
    /// `>`
    Open,
    /// `/>`
    Empty,
}

/// Reads a start tag after its `<`, and binds the prefixes that it declares.
pub(super) fn read<'t>(
    cursor: &mut Cursor<'t>,
    entities: &Entities,
    namespaces: &mut Namespaces<'t>,
) -> Result<(StartTag<'t>, TagEnd), NotWellFormed> {
    let name = Name::parse(cursor.name()?)?;
    let mut written = Vec::new();
    let end = loop {
        let has_spaces = cursor.spaces();
        if cursor.eat("/>") {
            break TagEnd::Empty;
        }
        if cursor.eat(">") {
            break TagEnd::Open;
        }
        if !has_spaces {
            return Err(NotWellFormed);
        }
        written.push(attribute(cursor, entities)?);
    };
    for (name, value) in &written {
        if let Some(prefix) = declared(*name) {
            namespaces.bind(prefix, value)?;
        }
    }
    let attributes = written.into_iter().map(|(name, value)| {
        let namespace = match declared(name) {
            Some(_) => namespaces.of_declaration(),
            None => namespaces.of_attribute(name.prefix)?,
        };
        Ok(Attribute { name, namespace, value })
    });
    let attributes = attributes.collect::<Result<Vec<_>, _>>()?;
    if has_repetition(&attributes) {
        return Err(NotWellFormed);
    }
    Ok((StartTag { name, namespace: namespaces.of_element(name.prefix)?, attributes }, end))
}

fn attribute<'t>(cursor: &mut Cursor<'t>, entities: &Entities) -> Result<(Name<'t>, Cow<'t, str>), NotWellFormed> {
    let name = Name::parse(cursor.name()?)?;
    cursor.spaces();
    cursor.expect("=")?;
    cursor.spaces();
    Ok((name, entities.value(cursor.quoted()?)?))
}

/// Returns the prefix that an attribute declares; an empty one for the default namespace.
pub(super) fn declared<'t>(name: Name<'t>) -> Option<&'t str> {
    match (name.prefix, name.local) {
        ("xmlns", prefix) => Some(prefix),
        ("", "xmlns") => Some(""),
        _ => None,
    }
}

/// Returns true if two attributes have the same namespace and local name.
fn has_repetition(attributes: &[Attribute<'_>]) -> bool {
    fn key<'a>(attribute: &'a Attribute<'_>) -> (&'a str, &'a str) {
        (attribute.name.local, &attribute.namespace)
    }
    if attributes.len() > FEW {
        let mut seen = HashSet::with_capacity(attributes.len());
        return !attributes.iter().all(|attribute| seen.insert(key(attribute)));
    }
    let mut rest = attributes;
    while let Some((first, others)) = rest.split_first() {
        if others.iter().any(|other| key(other) == key(first)) {
            return true;
        }
        rest = others;
    }
    false
}
