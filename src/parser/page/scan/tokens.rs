//! The scan of a text: [`Scan::from_html`].

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::{
    attributes::{Closing, Wanted, walk},
    bytes::{find, is_space},
    charref::{self, Context},
    elements::{Collector, Values},
    findings::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_LINK_TEXT, Scan},
    foreign::{Foreign, Namespace},
    link_element::LinkElement,
    raw,
    tag::Tag,
};
impl Scan {
    /// Scans the text of a page.
    pub(crate) fn from_html(html: &str) -> Self {
        let mut scanner = Scanner::new(html);
        scanner.run();
        scanner.finish()
    }
}

/// Reads a text from beginning to end.
struct Scanner<'a> {
    html: &'a str,
    bytes: &'a [u8],
    /// Current position. It never decreases.
    at: usize,
    foreign: Foreign<'a>,
    /// Number of open elements, as far as tags alone show it.
    depth: usize,
    found: Collector,
}

impl<'a> Scanner<'a> {
    fn new(html: &'a str) -> Self {
        let scan = Scan { values: String::with_capacity(html.len() / 16), ..Scan::default() };
        let found = Collector { scan, ..Collector::default() };
        let (bytes, foreign) = (html.as_bytes(), Foreign::default());
        Self { html, bytes, at: 0, foreign, depth: 0, found }
    }

    fn run(&mut self) {
        while let Some(found) = self.bytes.get(self.at..).and_then(|rest| memchr(b'<', rest)) {
            let markup = self.at + found;
            self.text(self.at..markup);
            self.at = markup;
            match self.bytes.get(markup + 1) {
                Some(byte) if byte.is_ascii_alphabetic() => self.start_tag(),
                Some(b'/') => self.end_tag(),
                Some(b'!') => self.declaration(),
                Some(b'?') => self.at = find(b'>', self.bytes, markup) + 1,
                Some(_) | None => {
                    self.at += 1;
                    self.text(markup..self.at);
                }
            }
        }
        self.text(self.at..self.bytes.len());
    }

    fn finish(self) -> Scan {
        self.found.finish()
    }

    /// Reads text between tags. Only the text of links is kept.
    fn text(&mut self, range: Range<usize>) {
        let Some(collapse) = &mut self.found.anchor else { return };
        let Some(raw) = self.html.get(range).filter(|raw| !raw.is_empty()) else { return };
        if self.found.scan.texts.len() - collapse.start >= MAX_LINK_TEXT || self.foreign.is_in_template() {
            return;
        }
        if memchr2(b'&', 0, raw.as_bytes()).is_none() {
            return collapse.push(raw, &mut self.found.scan.texts);
        }
        let mut decoded = String::with_capacity(raw.len());
        charref::decode(raw, Context::Data, &mut decoded);
        collapse.push(&decoded, &mut self.found.scan.texts);
    }

    /// Skips what `<!` starts: a comment, a CDATA section in foreign content, else a doctype or bogus comment up to `>`.
    fn declaration(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at = if rest.starts_with(b"<!--") {
            raw::end_of_comment(self.bytes, self.at + 4)
        } else if rest.starts_with(b"<![CDATA[") && self.foreign.is_current() {
            raw::end_of_cdata(self.bytes, self.at + 9)
        } else {
            find(b'>', self.bytes, self.at) + 1
        };
    }

    fn end_tag(&mut self) {
        let name = match self.bytes.get(self.at + 2) {
            Some(byte) if byte.is_ascii_alphabetic() => self.name(self.at + 2),
            // `</>` is ignored. Any other `</` starts a bogus comment.
            Some(_) => return self.at = find(b'>', self.bytes, self.at) + 1,
            None => return self.at = self.bytes.len(),
        };
        if self.attributes(|_, _| {}).is_none() {
            return;
        }
        self.foreign.close(name);
        let tag = Tag::from_name(name);
        self.depth = self.depth.saturating_sub(usize::from(tag.nests()));
        if tag == Tag::A && !self.foreign.is_in_template() {
            self.found.end_anchor();
        }
        self.found.in_noscript &= tag != Tag::Noscript;
    }

    fn start_tag(&mut self) {
        let start = self.at;
        let name = self.name(start + 1);
        let tag = Tag::from_name(name);
        let mut wanted = Wanted::default();
        let closing = if tag.has_wanted_attributes() {
            self.attributes(|name, value| wanted.record(name, value))
        } else {
            self.attributes(|_, _| {})
        };
        // The text ends in the tag, so it is not a tag.
        let Some(closing) = closing else { return };
        self.depth += usize::from(tag.nests() && closing == Closing::Open);
        if self.depth > MAX_DEPTH {
            self.found.scan.tree_limit.get_or_insert(start);
        }
        if self.foreign.is_current() && !self.foreign.end_by(name) {
            self.foreign_element(tag, name, closing, wanted);
        } else {
            self.html_element(tag, name, closing, &wanted);
        }
    }

    fn foreign_element(&mut self, tag: Tag, name: &'a [u8], closing: Closing, mut wanted: Wanted) {
        if tag == Tag::A && !self.foreign.is_in_template() {
            if self.foreign.is_svg() {
                wanted.href = wanted.href.or(wanted.xlink_href.take());
            }
            self.found.link(LinkElement::A, &Values::html(self.html, &wanted));
            if closing == Closing::SelfClosing {
                self.found.end_anchor();
            }
        }
        if closing == Closing::Open {
            self.foreign.push(name);
        }
    }

    fn html_element(&mut self, tag: Tag, name: &'a [u8], closing: Closing, wanted: &Wanted) {
        if !self.foreign.is_in_template() {
            self.found.element(tag, &Values::html(self.html, wanted));
        }
        match tag {
            Tag::Title => self.title(),
            Tag::Textarea => self.skip_to(b"textarea"),
            Tag::Style => self.skip_to(b"style"),
            Tag::Xmp => self.skip_to(b"xmp"),
            Tag::Iframe => self.skip_to(b"iframe"),
            Tag::Noembed => self.skip_to(b"noembed"),
            Tag::Noframes => self.skip_to(b"noframes"),
            Tag::Script => self.at = raw::end_of_script(self.bytes, self.at),
            Tag::Plaintext => self.at = self.bytes.len(),
            Tag::Noscript => self.found.in_noscript = true,
            Tag::Template => self.foreign.open_template(),
            Tag::Svg if closing == Closing::Open => self.foreign.enter(name, Namespace::Svg),
            Tag::Math if closing == Closing::Open => self.foreign.enter(name, Namespace::Math),
            Tag::A | Tag::Area | Tag::Base | Tag::Link | Tag::Meta | Tag::Frame => {}
            Tag::Svg | Tag::Math | Tag::OptionalEnd | Tag::Other => {}
        }
    }

    fn title(&mut self) {
        let start = self.at;
        self.skip_to(b"title");
        if self.found.scan.title.is_none() && !self.foreign.is_in_template() {
            let raw = self.html.get(start..self.at).unwrap_or_default();
            self.found.scan.title = Some(self.found.scan.keep_title(raw));
        }
    }

    fn skip_to(&mut self, end_tag: &[u8]) {
        self.at = raw::end_of_element(end_tag, self.bytes, self.at);
    }

    /// Reads the name of a tag and moves to its end.
    fn name(&mut self, start: usize) -> &'a [u8] {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest.iter().position(|&byte| is_space(byte) || matches!(byte, b'/' | b'>')).unwrap_or(rest.len());
        self.at = start + length;
        rest.get(..length).unwrap_or_default()
    }

    /// Reads attributes and moves to the end of the tag. `None` if the text ends first.
    #[inline]
    fn attributes(&mut self, mut each: impl FnMut(&[u8], Range<usize>)) -> Option<Closing> {
        let start = std::mem::replace(&mut self.at, self.bytes.len());
        let mut count = 0;
        let counted = |name: &[u8], value| {
            count += 1;
            each(name, value);
        };
        let walked = walk(self.bytes, start, counted);
        if count > MAX_ATTRIBUTES {
            self.found.scan.tree_limit.get_or_insert(start);
        }
        let (end, closing) = walked?;
        self.at = end;
        Some(closing)
    }
}
