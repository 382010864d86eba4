//! Tokens of an XML text. There are no errors: what is not valid is skipped.

use memchr::{memchr, memmem};

/// Token of an XML text; its parts are as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `<name ...>`, or `<name .../>`.
    Open { name: Name<'t>, attributes: &'t str, is_empty: bool },
    /// `</name>`
    Close(Name<'t>),
    /// Text between tags, references not resolved.
    Text(&'t str),
    /// Content of a CDATA section.
    Data(&'t str),
}

/// Name with an optional prefix: `image:loc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'t> {
    pub(super) prefix: &'t str,
    pub(super) local: &'t str,
}

/// Iterator over the tokens of a text. A tag, comment or section without an end ends the text.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// Returns the text before `end`, and moves to its end.
    fn take_until(&mut self, end: &str) -> Option<&'t str> {
        let at = memmem::find(self.rest.as_bytes(), end.as_bytes())?;
        let before = self.rest.get(..at);
        self.rest = self.rest.get(at + end.len()..).unwrap_or_default();
        before
    }

    /// Skips a document type and everything in its brackets.
    fn skip_declaration(&mut self) -> Option<()> {
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

    /// Reads a tag after its `<`.
    fn take_tag(&mut self) -> Option<Token<'t>> {
        let (length, inside) = tag_end(self.rest)?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        if let Some(name) = inside.strip_prefix('/') {
            return Some(Token::Close(Name::parse(name.trim())));
        }
        let (inside, is_empty) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let (name, attributes) = inside.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((inside, ""));
        Some(Token::Open { name: Name::parse(name), attributes, is_empty })
    }
}

/// Returns the length of a tag after its `<`, and the text in its brackets. A `>` in quotes does not end it.
fn tag_end(rest: &str) -> Option<(usize, &str)> {
    let mut quote = None;
    let mut previous = b'<';
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            // A quote that does not follow `=` is an error, and must not hide the end of the tag.
            (None, b'"' | b'\'') if previous == b'=' => quote = Some(byte),
            (None, b'>') => return Some((at + 1, rest.get(..at)?)),
            (None, _) => {}
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
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
                self.take_until("-->")?;
            } else if self.rest.starts_with("![CDATA[") {
                self.rest = self.rest.get(8..)?;
                return Some(Token::Data(self.take_until("]]>")?));
            } else if self.rest.starts_with('?') {
                self.take_until("?>")?;
            } else if self.rest.starts_with('!') {
                self.skip_declaration()?;
            } else {
                return self.take_tag();
            }
        }
    }
}

impl<'t> Name<'t> {
    fn parse(written: &'t str) -> Self {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        Self { prefix, local }
    }
}

/// Returns the value of an attribute with its references resolved.
pub(super) fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (value, after) = match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.split_once(quote)?,
            _ => value.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((value, "")),
        };
        if name.trim() == wanted {
            let mut text = String::new();
            resolve(value, &mut text);
            return Some(text);
        }
        rest = after;
    }
}

/// Appends a text and resolves its references: the five of XML, and numbers.
///
/// Any other `&` is literal. A reference to an entity of the document type is removed.
pub(super) fn resolve(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        let Some((before, reference)) = rest.split_at_checked(at) else { break };
        out.push_str(before);
        let name = reference.get(1..).and_then(|after| after.split_once(';')).map(|(name, _)| name);
        match name.filter(|name| is_reference(name)) {
            Some(name) => {
                out.extend(character(name));
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
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.len() <= 64 && name.bytes().all(is_valid)
}

fn character(name: &str) -> Option<char> {
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
