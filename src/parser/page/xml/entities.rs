//! Entities and references.

use std::{borrow::Cow, cell::Cell};

use hashbrown::HashMap;
use html5ever::data::NAMED_ENTITIES;
use memchr::memchr;

use super::{cursor::is_allowed, events::NotWellFormed};

/// Maximum length of the text that the entities of a document expand to, in bytes. It stops exponential expansion.
pub(super) const MAX_EXPANSION: usize = 1 << 20;

/// Maximum number of entities within each other.
pub(super) const MAX_NESTING: usize = 16;

/// Cost of a reference, in bytes, so that references to short entities are limited, too.
const REFERENCE_COST: usize = 8;

/// Entity of a document type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entity {
    /// With its replacement text.
    Internal(String),
    /// In another file, which is not read.
    External,
    /// Not XML. A reference to it is an error.
    Unparsed,
}

/// Entities of a document, and what is known about missing ones.
#[derive(Debug, Default)]
pub(super) struct Entities {
    declared: HashMap<String, Entity>,
    /// `standalone="yes"`
    pub(super) is_standalone: bool,
    /// True if the document type is also in another file.
    pub(super) has_external: bool,
    /// True if there are declarations that were not read.
    pub(super) has_unread: bool,
    /// True if the named references of HTML are known.
    pub(super) has_html: bool,
    /// Bytes that were expanded.
    expanded: Cell<usize>,
}

/// Meaning of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference<'d> {
    /// These characters; the second one is rare.
    Characters(char, Option<char>),
    /// Text that is read in its place.
    Entity(&'d str),
    /// Something that is not read. It is replaced by an empty text.
    Skipped,
}

impl Entities {
    /// Declares an entity. The first declaration of a name counts.
    pub(super) fn declare(&mut self, name: &str, entity: Entity) {
        self.declared.entry_ref(name).or_insert(entity);
    }

    /// Resolves the name between `&` and `;`.
    pub(super) fn resolve(&self, name: &str) -> Result<Reference<'_>, NotWellFormed> {
        if let Some(number) = name.strip_prefix('#') {
            return Ok(Reference::Characters(character(number)?, None));
        }
        if let Some(character) = predefined(name) {
            return Ok(Reference::Characters(character, None));
        }
        match self.declared.get(name) {
            Some(Entity::Internal(text)) => self.spend(text.len()).map(|()| Reference::Entity(text)),
            Some(Entity::External) => Ok(Reference::Skipped),
            Some(Entity::Unparsed) => Err(NotWellFormed),
            None => self.undeclared(name),
        }
    }

    fn undeclared(&self, name: &str) -> Result<Reference<'_>, NotWellFormed> {
        if self.has_html
            && let Some((first, second)) = html(name)
        {
            return Ok(Reference::Characters(first, second));
        }
        let may_exist = (self.has_external || self.has_unread) && !self.is_standalone && is_name(name);
        if may_exist { Ok(Reference::Skipped) } else { Err(NotWellFormed) }
    }

    fn spend(&self, bytes: usize) -> Result<(), NotWellFormed> {
        let expanded = self.expanded.get() + bytes + REFERENCE_COST;
        self.expanded.set(expanded);
        if expanded <= MAX_EXPANSION { Ok(()) } else { Err(NotWellFormed) }
    }

    /// Returns the value of an attribute: references resolved, and white space turned into spaces.
    pub(super) fn value<'t>(&self, raw: &'t str) -> Result<Cow<'t, str>, NotWellFormed> {
        if !raw.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'\t' | b'\n' | b'\r')) {
            return Ok(Cow::Borrowed(raw));
        }
        let mut out = String::with_capacity(raw.len());
        self.append_value(raw, 0, &mut out)?;
        Ok(Cow::Owned(out))
    }

    fn append_value(&self, raw: &str, nesting: usize, out: &mut String) -> Result<(), NotWellFormed> {
        if nesting > MAX_NESTING || raw.contains('<') {
            return Err(NotWellFormed);
        }
        let mut rest = raw;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            let (before, reference) = rest.split_at_checked(at).ok_or(NotWellFormed)?;
            append_spaced(before, out);
            let (name, after) = reference.get(1..).and_then(|text| text.split_once(';')).ok_or(NotWellFormed)?;
            rest = after;
            match self.resolve(name)? {
                Reference::Characters(first, second) => out.extend([Some(first), second].into_iter().flatten()),
                Reference::Entity(text) => self.append_value(text, nesting + 1, out)?,
                Reference::Skipped if matches!(self.declared.get(name), Some(Entity::External)) => {
                    return Err(NotWellFormed);
                }
                Reference::Skipped => {}
            }
        }
        append_spaced(rest, out);
        Ok(())
    }
}

/// Appends a text. White space becomes spaces; a line break of two characters becomes one.
fn append_spaced(text: &str, out: &mut String) {
    let mut previous = ' ';
    for character in text.chars() {
        match character {
            '\n' if previous == '\r' => {}
            '\t' | '\n' | '\r' => out.push(' '),
            _ => out.push(character),
        }
        previous = character;
    }
}

/// Returns the character of a reference, given the text between `&#` and `;`.
pub(super) fn character(number: &str) -> Result<char, NotWellFormed> {
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    // The standard parser accepts a leading plus sign.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(NotWellFormed);
    }
    let character = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    character.filter(|&character| is_allowed(character)).ok_or(NotWellFormed)
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// Returns the characters of a named reference of HTML.
fn html(name: &str) -> Option<(char, Option<char>)> {
    // The table contains names with their semicolon, and prefixes of names with zeros.
    let &(first, second) = NAMED_ENTITIES.get(&*format!("{name};"))?;
    let first = char::from_u32(first).filter(|&first| first != '\0')?;
    Some((first, char::from_u32(second).filter(|&second| second != '\0')))
}

fn is_name(name: &str) -> bool {
    super::cursor::Cursor::new(name).is_ok_and(|mut cursor| cursor.name().is_ok() && cursor.rest().is_empty())
}
