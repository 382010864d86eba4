//! The tokens of an XML text, however broken: nothing is an error, what makes no sense is passed over.

use memchr::{memchr, memmem};

/// A token; what is within is as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `<name ...>`, or `<name .../>`.
    Open { name: Name<'t>, attributes: &'t str, is_empty: bool },
    /// `</name>`
    Close(Name<'t>),
    /// Text between tags, entities not resolved.
    Text(&'t str),
    /// The content of a CDATA section.
    Data(&'t str),
}

/// A name in its parts: `image:loc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'t> {
    pub(super) prefix: &'t str,
    pub(super) local: &'t str,
}

/// Reads tokens one after the other. A tag, comment or section that does not end is the end of the text.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// What is before `end`, which is passed.
    fn until(&mut self, end: &str) -> Option<&'t str> {
        let at = memmem::find(self.rest.as_bytes(), end.as_bytes())?;
        let before = self.rest.get(..at);
        self.rest = self.rest.get(at + end.len()..).unwrap_or_default();
        before
    }

    /// Passes a document type with everything in its brackets.
    fn pass_declaration(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        let mut quote = None;
        for (at, byte) in self.rest.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'[' | b'<') => depth += 1,
                (None, b']') => depth = depth.saturating_sub(1),
                (None, b'>') if depth == 0 => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(());
                }
                (None, b'>') => depth -= 1,
                (None, _) => {}
            }
        }
        None
    }

    /// The tag that `rest`, behind its `<`, begins with.
    fn tag(&mut self) -> Option<Token<'t>> {
        let (length, inside) = tag_end(self.rest)?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        if let Some(name) = inside.strip_prefix('/') {
            return Some(Token::Close(Name::of(name.trim())));
        }
        let (inside, is_empty) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let (name, attributes) = inside.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((inside, ""));
        Some(Token::Open { name: Name::of(name), attributes, is_empty })
    }
}

/// The length of a tag behind its `<`, and what is between the brackets; a `>` in quotes does not end it.
fn tag_end(rest: &str) -> Option<(usize, &str)> {
    let mut quote = None;
    let mut before = b'<';
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            // A quote that follows no `=` is a slip of the pen, and must not swallow the text.
            (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
            (None, b'>') => return Some((at + 1, rest.get(..at)?)),
            (None, _) => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    None
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let text = self.rest;
            if !text.starts_with('<') {
                let end = memchr(b'<', text.as_bytes()).unwrap_or(text.len());
                let (before, rest) = text.split_at_checked(end)?;
                self.rest = rest;
                return (!before.is_empty()).then_some(Token::Text(before));
            }
            self.rest = text.get(1..)?;
            if self.rest.starts_with("!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("![CDATA[") {
                self.rest = self.rest.get(8..)?;
                return Some(Token::Data(self.until("]]>")?));
            } else if self.rest.starts_with('?') {
                self.until("?>")?;
            } else if self.rest.starts_with('!') {
                self.pass_declaration()?;
            } else {
                return self.tag();
            }
        }
    }
}

impl<'t> Name<'t> {
    fn of(written: &'t str) -> Self {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        Self { prefix, local }
    }
}

/// The value of an attribute, entities resolved.
pub(super) fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (value, behind) = match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.split_once(quote)?,
            _ => value.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((value, "")),
        };
        if name.trim() == wanted {
            let mut text = String::new();
            resolve(value, &mut text);
            return Some(text);
        }
        rest = behind;
    }
}

/// Appends a text with its references resolved: the five of XML, and numbers. What is no reference stands for itself; one
/// to an entity of the document type stands for nothing.
pub(super) fn resolve(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        let Some((before, reference)) = rest.split_at_checked(at) else { break };
        out.push_str(before);
        let name = reference.get(1..).and_then(|behind| behind.split_once(';')).map(|(name, _)| name);
        match name.filter(|name| is_reference(name)) {
            Some(name) => {
                out.extend(meaning(name));
                rest = reference.get(name.len() + 2..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = reference.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
}

fn is_reference(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}

fn meaning(name: &str) -> Option<char> {
    let code = |digits, radix| u32::from_str_radix(digits, radix).ok().filter(|&code| code > 0);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => code(digits, 16),
                None => code(number, 10),
            };
            Some(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
    }
}
