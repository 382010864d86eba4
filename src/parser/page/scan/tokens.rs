//! The scan of a text: [`Scan::from_html`].

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::{
    attributes::{Closing, Wanted, walk},
    bytes::{find, is_space},
    charref::{self, Context},
    collapse::Collapse,
    findings::{
        MAX_ATTRIBUTES, MAX_DEPTH, MAX_LINK_TEXT, MAX_LINKS, MAX_RELATIONS, MAX_ROBOTS_TAGS, RawLink, Scan, Span,
    },
    foreign::{Foreign, Namespace},
    link_element::LinkElement,
    raw,
    tag::Tag,
};
use crate::{base::text::tokens, robots::Directives};

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
    /// The text of the open link, if a link is open.
    anchor: Option<Collapse>,
    /// Number of open elements, as far as tags alone show it.
    depth: usize,
    scan: Scan,
}

impl<'a> Scanner<'a> {
    fn new(html: &'a str) -> Self {
        let scan = Scan { values: String::with_capacity(html.len() / 16), ..Scan::default() };
        Self { html, bytes: html.as_bytes(), at: 0, foreign: Foreign::default(), anchor: None, depth: 0, scan }
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

    fn finish(mut self) -> Scan {
        self.end_anchor();
        self.scan
    }

    /// Reads text between tags. Only the text of links is kept.
    fn text(&mut self, range: Range<usize>) {
        let Some(collapse) = &mut self.anchor else { return };
        let Some(raw) = self.html.get(range).filter(|raw| !raw.is_empty()) else { return };
        if self.scan.texts.len() - collapse.start >= MAX_LINK_TEXT {
            return;
        }
        if memchr2(b'&', 0, raw.as_bytes()).is_none() {
            return collapse.push(raw, &mut self.scan.texts);
        }
        let mut decoded = String::with_capacity(raw.len());
        charref::decode(raw, Context::Data, &mut decoded);
        collapse.push(&decoded, &mut self.scan.texts);
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
        if tag == Tag::A {
            self.end_anchor();
        }
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
            self.scan.tree_limit.get_or_insert(start);
        }
        if self.foreign.is_current() && !self.foreign.end_by(name) {
            if closing == Closing::Open {
                self.foreign.push(name);
            }
            if let Some(element) = tag.link() {
                self.link(element, &wanted);
            }
            return;
        }
        self.html_element(tag, name, closing, &wanted);
    }

    fn html_element(&mut self, tag: Tag, name: &'a [u8], closing: Closing, wanted: &Wanted) {
        match tag {
            Tag::A => self.link(LinkElement::A, wanted),
            Tag::Area => self.link(LinkElement::Area, wanted),
            Tag::Base => self.keep_first(|scan| &mut scan.base, &wanted.href),
            Tag::Link => self.link_relation(wanted),
            Tag::Meta => self.meta(wanted),
            Tag::Title => self.title(),
            Tag::Textarea => self.skip_to(b"textarea"),
            Tag::Style => self.skip_to(b"style"),
            Tag::Xmp => self.skip_to(b"xmp"),
            Tag::Iframe => self.skip_to(b"iframe"),
            Tag::Noembed => self.skip_to(b"noembed"),
            Tag::Noframes => self.skip_to(b"noframes"),
            Tag::Script => self.at = raw::end_of_script(self.bytes, self.at),
            Tag::Plaintext => self.at = self.bytes.len(),
            Tag::Svg if closing == Closing::Open => self.foreign.enter(name, Namespace::Svg),
            Tag::Math if closing == Closing::Open => self.foreign.enter(name, Namespace::Math),
            Tag::Svg | Tag::Math | Tag::OptionalEnd | Tag::Other => {}
        }
    }

    fn link(&mut self, element: LinkElement, wanted: &Wanted) {
        if element == LinkElement::A {
            self.end_anchor();
        }
        let Some(href) = wanted.href.clone() else { return };
        self.scan.anchors += u64::from(element == LinkElement::A);
        if self.scan.links.len() >= MAX_LINKS {
            self.scan.left_out += 1;
            return;
        }
        let href = self.keep(href);
        let rel = wanted.rel.clone().map(|rel| self.keep(rel)).unwrap_or_default();
        self.scan.links.push(RawLink { element, href, rel, text: Span::default() });
        if element == LinkElement::A {
            self.anchor = Some(Collapse::new(self.scan.texts.len(), MAX_LINK_TEXT));
        }
    }

    /// Ends the text of the open link.
    fn end_anchor(&mut self) {
        let Some(collapse) = self.anchor.take() else { return };
        let text = Span { start: collapse.start, end: self.scan.texts.len() };
        let link = self.scan.links.iter_mut().rev().find(|link| link.element == LinkElement::A);
        if let Some(link) = link {
            link.text = text;
        }
    }

    fn link_relation(&mut self, wanted: &Wanted) {
        if tokens(self.raw(&wanted.rel)).any(|relation| relation.eq_ignore_ascii_case("canonical")) {
            self.keep_first(|scan| &mut scan.canonical, &wanted.href);
        }
        if let (Some(rel), Some(href)) = (wanted.rel.clone(), wanted.href.clone())
            && self.scan.relations.len() < MAX_RELATIONS
        {
            let relation = (self.keep(rel), self.keep(href));
            self.scan.relations.push(relation);
        }
    }

    fn meta(&mut self, wanted: &Wanted) {
        self.keep_robots_tag(wanted);
        if self.raw(&wanted.name).eq_ignore_ascii_case("robots") {
            self.keep_first(|scan| &mut scan.robots, &wanted.content);
        }
        if self.raw(&wanted.http_equiv).eq_ignore_ascii_case("refresh") {
            self.keep_first(|scan| &mut scan.refresh, &wanted.content);
        }
    }

    /// Keeps a `<meta>` element that forbids something. The scanner does not know the names of robots, so it selects by
    /// content.
    fn keep_robots_tag(&mut self, wanted: &Wanted) {
        let (Some(name), Some(content)) = (wanted.name.clone(), wanted.content.clone()) else { return };
        if Directives::is_in(self.raw(&wanted.content)) && self.scan.robots_tags.len() < MAX_ROBOTS_TAGS {
            let tag = (self.keep(name), self.keep(content));
            self.scan.robots_tags.push(tag);
        }
    }

    /// Stores a value unless there is one already: the first counts.
    fn keep_first(&mut self, slot: fn(&mut Scan) -> &mut Option<Span>, value: &Option<Range<usize>>) {
        let Some(value) = value.clone() else { return };
        if slot(&mut self.scan).is_none() {
            let span = self.keep(value);
            *slot(&mut self.scan) = Some(span);
        }
    }

    fn title(&mut self) {
        let start = self.at;
        self.skip_to(b"title");
        if self.scan.title.is_none() {
            let raw = self.html.get(start..self.at).unwrap_or_default();
            self.scan.title = Some(self.scan.keep_title(raw));
        }
    }

    fn skip_to(&mut self, end_tag: &[u8]) {
        self.at = raw::end_of_element(end_tag, self.bytes, self.at);
    }

    fn keep(&mut self, range: Range<usize>) -> Span {
        self.scan.keep(self.html.get(range).unwrap_or_default())
    }

    fn raw(&self, range: &Option<Range<usize>>) -> &'a str {
        range.clone().and_then(|range| self.html.get(range)).unwrap_or_default()
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
            self.scan.tree_limit.get_or_insert(start);
        }
        let (end, closing) = walked?;
        self.at = end;
        Some(closing)
    }
}
