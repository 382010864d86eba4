//! What precedes the root: the XML declaration and the document type.

use super::{
    cursor::Cursor,
    declarations,
    entities::Entities,
    events::{NotWellFormed, Visitor},
};

/// Document types whose entities are the named references of HTML (HTML standard, "parsing XHTML documents"), and later
/// versions of the last one.
const HTML_TYPES: [&str; 11] = [
    "-//W3C//DTD XHTML 1.0 Transitional//EN",
    "-//W3C//DTD XHTML 1.1//EN",
    "-//W3C//DTD XHTML 1.0 Strict//EN",
    "-//W3C//DTD XHTML 1.0 Frameset//EN",
    "-//W3C//DTD XHTML Basic 1.0//EN",
    "-//W3C//DTD XHTML 1.1 plus MathML 2.0//EN",
    "-//W3C//DTD XHTML 1.1 plus MathML 2.0 plus SVG 1.1//EN",
    "-//W3C//DTD MathML 2.0//EN",
    "-//WAPFORUM//DTD XHTML Mobile 1.0//EN",
    "-//WAPFORUM//DTD XHTML Mobile 1.1//EN",
    "-//WAPFORUM//DTD XHTML Mobile 1.2//EN",
];

/// Reads everything before the root. Returns the entities of the document type.
pub(super) fn read(cursor: &mut Cursor<'_>, visitor: &mut impl Visitor) -> Result<Entities, NotWellFormed> {
    let mut entities = Entities::default();
    entities.is_standalone = declaration(cursor)?;
    cursor.miscellany()?;
    if cursor.eat("<!DOCTYPE") {
        doctype(cursor, &mut entities, visitor)?;
        cursor.miscellany()?;
    }
    Ok(entities)
}

/// Reads the XML declaration, if there is one. Returns true for `standalone="yes"`.
fn declaration(cursor: &mut Cursor<'_>) -> Result<bool, NotWellFormed> {
    let mut ahead = *cursor;
    if !ahead.eat("<?xml") || !ahead.spaces() {
        return Ok(false);
    }
    *cursor = ahead;
    let version = pseudo_attribute(cursor, "version")?.and_then(|version| version.strip_prefix("1."));
    if !version.is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(NotWellFormed);
    }
    let mut has_spaces = cursor.spaces();
    if has_spaces && let Some(encoding) = pseudo_attribute(cursor, "encoding")? {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !encoding.starts_with(|first: char| first.is_ascii_alphabetic()) || !encoding.bytes().all(is_name) {
            return Err(NotWellFormed);
        }
        has_spaces = cursor.spaces();
    }
    let standalone = if has_spaces { pseudo_attribute(cursor, "standalone")? } else { None };
    cursor.spaces();
    cursor.expect("?>")?;
    match standalone {
        None | Some("no") => Ok(false),
        Some("yes") => Ok(true),
        Some(_) => Err(NotWellFormed),
    }
}

/// Reads the value of this attribute, if it is next.
fn pseudo_attribute<'t>(cursor: &mut Cursor<'t>, name: &str) -> Result<Option<&'t str>, NotWellFormed> {
    if !cursor.eat(name) {
        return Ok(None);
    }
    cursor.spaces();
    cursor.expect("=")?;
    cursor.spaces();
    cursor.quoted().map(Some)
}

/// Reads a document type after its `<!DOCTYPE`.
fn doctype(cursor: &mut Cursor<'_>, entities: &mut Entities, visitor: &mut impl Visitor) -> Result<(), NotWellFormed> {
    cursor.expect_spaces()?;
    let name = cursor.name()?;
    let has_spaces = cursor.spaces();
    let (mut public, mut system) = ("", "");
    if let Some(identifiers) = cursor.external()? {
        (public, system) = identifiers;
        entities.has_external = true;
        entities.has_html = HTML_TYPES.contains(&public);
        if !has_spaces {
            return Err(NotWellFormed);
        }
        cursor.spaces();
    }
    visitor.doctype(name, public, system);
    if cursor.eat("[") {
        declarations::read(cursor, entities)?;
        cursor.spaces();
    }
    cursor.expect(">")
}
