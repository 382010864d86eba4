//! Strict reader of XML pages: events of a well-formed text, or an error at the first fault.
//!
//! It follows XML 1.0 (fifth edition) and Namespaces in XML as a processor that does not validate and reads no external
//! file. Browsers do the same. As they do, it knows the named references of HTML if the document type is one of XHTML.
//!
//! Bounds: texts with more than `content::MAX_OPEN` open elements, `namespaces::MAX_BINDINGS` prefixes in scope, or
//! `entities::MAX_EXPANSION` bytes of expanded entities are treated as not well-formed.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`read`] |
//! | `events` | what it reports: [`Visitor`], [`StartTag`], [`Attribute`] |
//! | `content` | elements, text, sections, comments |
//! | `tags`, `namespaces` | start tags, prefixes |
//! | `prolog`, `declarations`, `entities` | XML declaration, document type, entities and references |
//! | `cursor` | names, white space, allowed characters |

mod content;
mod cursor;
mod declarations;
mod entities;
mod events;
mod namespaces;
mod prolog;
mod tags;
#[cfg(test)]
mod tests;

use content::Content;
pub(crate) use events::{Attribute, Name, NotWellFormed, StartTag, Visitor, XHTML};

/// Reads a text from beginning to end. After an error, what the visitor received is worthless.
pub(crate) fn read(text: &str, visitor: &mut impl Visitor) -> Result<(), NotWellFormed> {
    let mut cursor = cursor::Cursor::new(text)?;
    let doctype = prolog::read(&mut cursor, visitor)?;
    let mut content = Content::new(cursor, &doctype, visitor);
    content.root()?;
    content.epilog()
}
