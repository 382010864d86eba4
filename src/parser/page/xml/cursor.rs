//! Position in a text, and the smallest parts of XML.

use memchr::{memchr, memmem};

use super::events::{Name, NotWellFormed};

/// Rest of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
}

impl<'t> Cursor<'t> {
    /// Starts at the beginning of a text.
    ///
    /// # Errors
    /// If it contains a character that XML does not allow.
    pub(super) fn new(text: &'t str) -> Result<Self, NotWellFormed> {
        let is_forbidden = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        let has_noncharacter = || {
            memmem::find_iter(text.as_bytes(), b"\xef\xbf")
                .any(|at| matches!(text.as_bytes().get(at + 2), Some(0xbe | 0xbf)))
        };
        if text.bytes().any(is_forbidden) || has_noncharacter() {
            return Err(NotWellFormed);
        }
        Ok(Self { rest: text })
    }

    /// Returns the text that remains.
    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    /// Moves behind the first `length` bytes and returns them.
    pub(super) fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Skips `expected` if it is next. Returns true if it was.
    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Skips `expected`, which must be next.
    pub(super) fn expect(&mut self, expected: &str) -> Result<(), NotWellFormed> {
        if self.eat(expected) { Ok(()) } else { Err(NotWellFormed) }
    }

    /// Skips white space. Returns true if there was any.
    pub(super) fn spaces(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.len() < before
    }

    /// Skips white space, which must be next.
    pub(super) fn expect_spaces(&mut self) -> Result<(), NotWellFormed> {
        if self.spaces() { Ok(()) } else { Err(NotWellFormed) }
    }

    /// Returns the text before `end`, and moves behind it.
    pub(super) fn until(&mut self, end: &str) -> Result<&'t str, NotWellFormed> {
        let at = memmem::find(self.rest.as_bytes(), end.as_bytes()).ok_or(NotWellFormed)?;
        let before = self.take(at);
        self.take(end.len());
        Ok(before)
    }

    /// Reads a text in single or double quotes.
    pub(super) fn quoted(&mut self) -> Result<&'t str, NotWellFormed> {
        let quote = self.rest.bytes().next().filter(|quote| matches!(quote, b'"' | b'\'')).ok_or(NotWellFormed)?;
        self.take(1);
        let end = memchr(quote, self.rest.as_bytes()).ok_or(NotWellFormed)?;
        let text = self.take(end);
        self.take(1);
        Ok(text)
    }

    /// Reads a name; it may contain colons.
    pub(super) fn name(&mut self) -> Result<&'t str, NotWellFormed> {
        let end = self.rest.find(|character| !is_name(character)).unwrap_or(self.rest.len());
        let is_start = self.rest.chars().next().is_some_and(is_name_start);
        if is_start { Ok(self.take(end)) } else { Err(NotWellFormed) }
    }

    /// Skips a comment after its `<!--`, and returns its text.
    pub(super) fn comment(&mut self) -> Result<&'t str, NotWellFormed> {
        let text = self.until("--")?;
        self.expect(">")?;
        Ok(text)
    }

    /// Skips a processing instruction after its `<?`.
    pub(super) fn instruction(&mut self) -> Result<(), NotWellFormed> {
        let target = self.name()?;
        let text = self.until("?>")?;
        let is_valid = text.is_empty() || text.starts_with([' ', '\t', '\n', '\r']);
        if is_valid && !target.eq_ignore_ascii_case("xml") { Ok(()) } else { Err(NotWellFormed) }
    }

    /// Reads the public and the system identifier of something external, if they are next.
    pub(super) fn external(&mut self) -> Result<Option<(&'t str, &'t str)>, NotWellFormed> {
        if self.eat("SYSTEM") {
            self.expect_spaces()?;
            return self.quoted().map(|system| Some(("", system)));
        }
        if self.eat("PUBLIC") {
            self.expect_spaces()?;
            let public = self.quoted()?;
            let is_public = |byte: u8| byte.is_ascii_alphanumeric() || b" \r\n-'()+,./:=?;!*#@$_%".contains(&byte);
            if !public.bytes().all(is_public) {
                return Err(NotWellFormed);
            }
            self.expect_spaces()?;
            return self.quoted().map(|system| Some((public, system)));
        }
        Ok(None)
    }

    /// Skips white space, comments and processing instructions outside of elements.
    pub(super) fn miscellany(&mut self) -> Result<(), NotWellFormed> {
        loop {
            self.spaces();
            if self.eat("<!--") {
                self.comment()?;
            } else if self.eat("<?") {
                self.instruction()?;
            } else {
                return Ok(());
            }
        }
    }
}

impl<'t> Name<'t> {
    /// Splits a name at its colon.
    pub(super) fn parse(written: &'t str) -> Result<Self, NotWellFormed> {
        let Some((prefix, local)) = written.split_once(':') else { return Ok(Self { prefix: "", local: written }) };
        let is_valid = !prefix.is_empty() && !local.contains(':') && local.starts_with(is_name_start);
        if is_valid { Ok(Self { prefix, local }) } else { Err(NotWellFormed) }
    }
}

/// Returns true for a character that XML allows in documents.
pub(super) fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => character >= ' ',
    }
}

fn is_name_start(character: char) -> bool {
    matches!(character, ':' | '_' | 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn is_name(character: char) -> bool {
    matches!(character, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
        || is_name_start(character)
}
