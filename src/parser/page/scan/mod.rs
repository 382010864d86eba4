//! Links, base and title of a page in one pass over its text, without building a tree.
//!
//! The scanner follows those states of the WHATWG tokenizer that decide what is a tag (comments, raw text, scripts,
//! attributes, character references, foreign content), so it finds what a browser without scripting would. Where the
//! answer depends on the tree, it says what stands in the text:
//! * an `<a>` that the tree builder would clone (misnested formatting) is one link;
//! * links keep their order in the text, even those that a `<table>` would push out before itself;
//! * an `<a>` that the tree builder drops (in a `<frameset>`) is a link, a `<title>` or `<base>` there counts;
//! * HTML elements left open within `<svg>` or `<math>` (in `foreignObject`, `desc`, `title`, `mi` and the like) do not
//!   keep the end tag of what is around them from counting; `<font color>` and `annotation-xml encoding` are not told
//!   from those without.

pub(crate) mod attributes;
pub(crate) mod charref;
pub(crate) mod foreign;
pub(crate) mod raw;
pub(crate) mod tag;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;

use memchr::{memchr, memchr3};

use charref::Context;
use tokens::Scanner;

use crate::base::text::prefix;

/// Links kept of one text; those beyond are only counted.
const MAX_LINKS: usize = 100_000;

/// Elements kept that may be meant for robots; most pages have one or none.
const MAX_ROBOTS_TAGS: usize = 16;

/// Bytes kept of one link's text.
const MAX_LINK_TEXT: usize = 256;

/// `<link>` elements kept of one text.
const MAX_RELATIONS: usize = 256;

/// Elements open at the same time, and attributes of one tag, that a tree is built of. The time that html5ever takes
/// grows with the square of either (20,000 nested `<div>`, unoptimised: 26 s; 10,000: 6.6 s).
const MAX_DEPTH: usize = 1024;
const MAX_ATTRIBUTES: usize = 4096;

/// What one pass found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Attribute values and the title, decoded, one after the other.
    values: String,
    /// The texts of links, likewise.
    texts: String,
    links: Vec<RawLink>,
    anchors: u64,
    left_out: u64,
    title: Option<Span>,
    base: Option<Span>,
    canonical: Option<Span>,
    robots: Option<Span>,
    /// Names and contents; at most [`MAX_ROBOTS_TAGS`].
    robots_tags: Vec<(Span, Span)>,
    /// `rel` and `href` of `<link>` elements; at most [`MAX_RELATIONS`].
    relations: Vec<(Span, Span)>,
    refresh: Option<Span>,
    /// Where it becomes too deep, or too wide, to build a tree of.
    unreasonable: Option<usize>,
}

/// A part of one of the texts of a [`Scan`].
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, Debug)]
struct RawLink {
    element: LinkElement,
    href: Span,
    rel: Span,
    text: Span,
}

/// The element a link stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkElement {
    /// `<a href>`
    A,
    /// `<area href>`, of an image map.
    Area,
}

/// A link as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) element: LinkElement,
    pub(crate) href: &'a str,
    pub(crate) rel: &'a str,
    pub(crate) text: &'a str,
}

impl Scan {
    /// Scans a text.
    pub(crate) fn of(html: &str) -> Self {
        let mut scanner = Scanner::new(html);
        scanner.run();
        scanner.finish()
    }

    /// `a[href]` and `area[href]`, in order; at most [`MAX_LINKS`].
    pub(crate) fn links(&self) -> impl ExactSizeIterator<Item = Found<'_>> {
        self.links.iter().map(|link| Found {
            element: link.element,
            href: link.href.of(&self.values),
            rel: link.rel.of(&self.values),
            text: link.text.of(&self.texts),
        })
    }

    /// How many `a[href]` there are.
    pub(crate) fn anchors(&self) -> u64 {
        self.anchors
    }

    /// Links beyond those that [`Scan::links`] gives.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The text of the first `<title>`, white space collapsed; none when there is none in it.
    pub(crate) fn title(&self) -> Option<&str> {
        self.value(self.title).filter(|title| !title.is_empty())
    }

    /// The first `<base href>`.
    pub(crate) fn base(&self) -> Option<&str> {
        self.value(self.base)
    }

    /// The first `<link rel=canonical href>`.
    pub(crate) fn canonical(&self) -> Option<&str> {
        self.value(self.canonical)
    }

    /// `rel` and `href` of `<link>` elements that have both, in order; at most [`MAX_RELATIONS`].
    pub(crate) fn relations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.relations.iter().map(|(rel, href)| (rel.of(&self.values), href.of(&self.values)))
    }

    /// The content of the first `<meta name=robots>`.
    pub(crate) fn robots(&self) -> Option<&str> {
        self.value(self.robots)
    }

    /// Names and contents of the `<meta>` elements that may be meant for robots; at most [`MAX_ROBOTS_TAGS`].
    pub(crate) fn robots_tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.robots_tags.iter().map(|(name, content)| (name.of(&self.values), content.of(&self.values)))
    }

    /// The content of the first `<meta http-equiv=refresh>`.
    pub(crate) fn refresh(&self) -> Option<&str> {
        self.value(self.refresh)
    }

    /// Where the text becomes too deep, or too wide, for a tree; none for any page that people made.
    pub(crate) fn unreasonable(&self) -> Option<usize> {
        self.unreasonable
    }

    fn value(&self, span: Option<Span>) -> Option<&str> {
        span.map(|span| span.of(&self.values))
    }

    /// Keeps an attribute's value, decoded.
    fn keep(&mut self, raw: &str) -> Span {
        let start = self.values.len();
        match memchr3(b'&', b'\r', 0, raw.as_bytes()) {
            None => self.values.push_str(raw),
            Some(_) => charref::decode(raw, Context::Attribute, &mut self.values),
        }
        Span { start, end: self.values.len() }
    }

    /// Keeps a title, decoded, white space collapsed.
    fn keep_title(&mut self, raw: &str) -> Span {
        let start = self.values.len();
        let mut decoded = String::new();
        charref::decode(raw, Context::Title, &mut decoded);
        Collapse::new(start, usize::MAX).push(&decoded, &mut self.values);
        Span { start, end: self.values.len() }
    }
}

impl Span {
    fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Collapses white space while text is appended piece by piece.
#[derive(Clone, Copy, Debug)]
struct Collapse {
    /// Where the text starts.
    start: usize,
    /// Its length in bytes, at most.
    limit: usize,
    /// Whether white space came before what comes next.
    gap: bool,
}

impl Collapse {
    fn new(start: usize, limit: usize) -> Self {
        Self { start, limit, gap: false }
    }

    fn push(&mut self, piece: &str, out: &mut String) {
        for (index, word) in piece.split([' ', '\t', '\n', '\x0c', '\r']).enumerate() {
            self.gap |= index > 0;
            let room = self.limit.saturating_sub(out.len() - self.start);
            if word.is_empty() || room == 0 {
                continue;
            }
            if std::mem::take(&mut self.gap) && out.len() > self.start && room > 1 {
                out.push(' ');
            }
            let room = self.limit.saturating_sub(out.len() - self.start);
            out.push_str(prefix(word, room));
        }
    }
}

/// A text of many pieces, white space collapsed.
pub(crate) fn collapsed<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut collapse = Collapse::new(0, usize::MAX);
    pieces.for_each(|piece| collapse.push(piece, &mut out));
    out
}

/// Where `byte` stands at or after `from`; the end of the text when it does not.
fn find(byte: u8, bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    memchr(byte, rest).map_or(bytes.len(), |at| from + at)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}
