//! The root element and what is in it.

use std::{borrow::Cow, rc::Rc};

use memchr::memchr2;

use super::{
    cursor::Cursor,
    entities::{Entities, MAX_NESTING, Reference},
    events::{Name, NotWellFormed, StartTag, Visitor},
    namespaces::Namespaces,
    tags::{self, TagEnd},
};

/// Maximum number of open elements.
pub(super) const MAX_OPEN: usize = 100_000;

/// Reads elements.
pub(super) struct Content<'d, 'v, V> {
    cursor: Cursor<'d>,
    entities: &'d Entities,
    namespaces: Namespaces<'d>,
    /// Open elements, the root first; at most [`MAX_OPEN`].
    open: Vec<Open<'d>>,
    /// Texts that continue after the entities being read; at most [`MAX_NESTING`].
    outer: Vec<Outer<'d>>,
    visitor: &'v mut V,
}

struct Open<'d> {
    /// Name as written, which the end tag repeats.
    written: &'d str,
    name: Name<'d>,
    namespace: Rc<str>,
    /// Number of bindings outside of the element.
    bindings: usize,
}

/// What continues after an entity.
struct Outer<'d> {
    cursor: Cursor<'d>,
    /// Number of elements that were open before the entity.
    open: usize,
}

impl<'d, 'v, V: Visitor> Content<'d, 'v, V> {
    /// Starts at the root.
    pub(super) fn new(cursor: Cursor<'d>, entities: &'d Entities, visitor: &'v mut V) -> Self {
        let namespaces = Namespaces::new();
        Self { cursor, entities, namespaces, open: Vec::new(), outer: Vec::new(), visitor }
    }

    /// Reads the root element.
    pub(super) fn root(&mut self) -> Result<(), NotWellFormed> {
        self.cursor.expect("<")?;
        // Authors forget the namespace of HTML, and browsers then show plain text.
        if self
            .cursor
            .rest()
            .strip_prefix("html")
            .is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r', '>', '/']))
        {
            self.namespaces.assume_html();
        }
        self.start_tag()?;
        while !self.open.is_empty() {
            self.next()?;
        }
        Ok(())
    }

    /// Reads what follows the root.
    pub(super) fn epilog(&mut self) -> Result<(), NotWellFormed> {
        self.cursor.miscellany()?;
        if self.cursor.rest().is_empty() { Ok(()) } else { Err(NotWellFormed) }
    }

    /// Reads the next part of the content.
    fn next(&mut self) -> Result<(), NotWellFormed> {
        let rest = self.cursor.rest();
        match rest.as_bytes() {
            [] => self.end_entity(),
            [b'<', b'/', ..] => self.end_tag(),
            [b'<', b'!', ..] => self.section(),
            [b'<', b'?', ..] => {
                self.cursor.take(2);
                self.cursor.instruction()
            }
            [b'<', ..] => {
                self.cursor.take(1);
                self.start_tag()
            }
            [b'&', ..] => self.reference(),
            [_, ..] => self.text(),
        }
    }

    fn text(&mut self) -> Result<(), NotWellFormed> {
        let rest = self.cursor.rest();
        let text = self.cursor.take(memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len()));
        if text.contains("]]>") {
            return Err(NotWellFormed);
        }
        self.visitor.text(&unix_lines(text));
        Ok(())
    }

    /// Reads a comment or a CDATA section.
    fn section(&mut self) -> Result<(), NotWellFormed> {
        if self.cursor.eat("<!--") {
            let text = self.cursor.comment()?;
            self.visitor.comment(text);
            return Ok(());
        }
        self.cursor.expect("<![CDATA[")?;
        let text = self.cursor.until("]]>")?;
        self.visitor.text(&unix_lines(text));
        Ok(())
    }

    fn start_tag(&mut self) -> Result<(), NotWellFormed> {
        let (bindings, before) = (self.namespaces.len(), self.cursor.rest());
        let (tag, end) = tags::read(&mut self.cursor, self.entities, &mut self.namespaces)?;
        let StartTag { name, namespace, .. } = &tag;
        let length = if name.prefix.is_empty() { name.local.len() } else { name.prefix.len() + 1 + name.local.len() };
        let written = before.get(..length).unwrap_or_default();
        let open = Open { written, name: *name, namespace: namespace.clone(), bindings };
        self.visitor.start(tag);
        if self.open.len() >= MAX_OPEN {
            return Err(NotWellFormed);
        }
        self.open.push(open);
        if end == TagEnd::Empty {
            self.close();
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), NotWellFormed> {
        self.cursor.take(2);
        let written = self.cursor.name()?;
        self.cursor.spaces();
        self.cursor.expect(">")?;
        // An element ends in the entity in which it starts.
        let is_inside = self.open.len() > self.outer.last().map_or(0, |outer| outer.open);
        if !is_inside || self.open.last().is_none_or(|open| open.written != written) {
            return Err(NotWellFormed);
        }
        self.close();
        Ok(())
    }

    fn close(&mut self) {
        if let Some(Open { name, namespace, bindings, .. }) = self.open.pop() {
            self.namespaces.restore(bindings);
            self.visitor.end(name, &namespace);
        }
    }

    fn reference(&mut self) -> Result<(), NotWellFormed> {
        self.cursor.take(1);
        let name = self.cursor.until(";")?;
        match self.entities.resolve(name)? {
            Reference::Characters(first, second) => {
                let mut buffer = [0; 8];
                for character in [Some(first), second].into_iter().flatten() {
                    self.visitor.text(character.encode_utf8(&mut buffer));
                }
                Ok(())
            }
            Reference::Skipped => Ok(()),
            Reference::Entity(_) if self.outer.len() >= MAX_NESTING => Err(NotWellFormed),
            Reference::Entity(text) => {
                let inner = Cursor::new(text)?;
                let cursor = std::mem::replace(&mut self.cursor, inner);
                self.outer.push(Outer { cursor, open: self.open.len() });
                Ok(())
            }
        }
    }

    /// Continues after an entity whose elements are closed.
    fn end_entity(&mut self) -> Result<(), NotWellFormed> {
        let outer = self.outer.pop().filter(|outer| outer.open == self.open.len()).ok_or(NotWellFormed)?;
        self.cursor = outer.cursor;
        Ok(())
    }
}

/// Turns every line break into one line feed.
fn unix_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}
