//! What the scan keeps of each element.

use std::ops::Range;

use super::{
    attributes::Wanted,
    collapse::Collapse,
    findings::{MAX_FRAMES, MAX_LINK_TEXT, MAX_LINKS, MAX_RELATIONS, MAX_ROBOTS_TAGS, RawLink, Scan, Span},
    link_element::LinkElement,
    tag::Tag,
};
use crate::{base::text::tokens, http::refresh::Refresh, robots::Directives};

/// Findings so far, and the state that decides what counts.
#[derive(Debug, Default)]
pub(super) struct Collector {
    /// True in a `<noscript>`.
    pub(super) in_noscript: bool,
    /// The text of the open link, if a link is open.
    pub(super) anchor: Option<Collapse>,
    pub(super) scan: Scan,
}

/// Values of the attributes of one element.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    /// Text that contains the values.
    pub(super) source: &'a str,
    pub(super) wanted: &'a Wanted,
    pub(super) references: References,
}

/// Whether values contain character references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum References {
    /// Values are as written in HTML.
    Html,
    /// The references are resolved.
    Resolved,
}

impl<'a> Values<'a> {
    /// Values as written in a text of HTML.
    pub(super) fn html(source: &'a str, wanted: &'a Wanted) -> Self {
        Self { source, wanted, references: References::Html }
    }

    /// Returns a value as written. Empty if there is none.
    fn raw(&self, range: &Option<Range<usize>>) -> &str {
        range.clone().and_then(|range| self.source.get(range)).unwrap_or_default()
    }
}

impl Collector {
    /// Ends the open link and returns the findings.
    pub(super) fn finish(mut self) -> Scan {
        self.end_anchor();
        self.scan
    }

    /// Keeps what is needed of an HTML element.
    pub(super) fn element(&mut self, tag: Tag, values: &Values<'_>) {
        match tag {
            Tag::A => self.link(LinkElement::A, values),
            Tag::Area => self.link(LinkElement::Area, values),
            Tag::Base => self.keep_first(|scan| &mut scan.base, &values.wanted.href, values),
            Tag::Link => self.link_relation(values),
            Tag::Meta => self.meta(values),
            Tag::Frame => self.frame(LinkElement::Frame, values),
            // Browsers show `srcdoc` instead of `src`.
            Tag::Iframe if values.wanted.srcdoc.is_none() => self.frame(LinkElement::Iframe, values),
            Tag::Iframe | Tag::Noframes | Tag::Noembed | Tag::Noscript | Tag::Template | Tag::Svg | Tag::Math => {}
            Tag::Title | Tag::Textarea | Tag::Style | Tag::Xmp | Tag::Script | Tag::Plaintext => {}
            Tag::OptionalEnd | Tag::Other => {}
        }
    }

    /// Keeps a link with `href`. An `<a>` ends the open link.
    pub(super) fn link(&mut self, element: LinkElement, values: &Values<'_>) {
        if element == LinkElement::A {
            self.end_anchor();
        }
        let Some(href) = values.wanted.href.clone() else { return };
        if self.scan.links.len() >= MAX_LINKS {
            self.scan.left_out += 1;
            return;
        }
        let link = self.raw_link(element, href, values);
        self.scan.links.push(link);
        if element == LinkElement::A {
            self.anchor = Some(Collapse::new(self.scan.texts.len(), MAX_LINK_TEXT));
        }
    }

    /// Keeps a frame with `src`. Without one, it is empty.
    fn frame(&mut self, element: LinkElement, values: &Values<'_>) {
        let src = values.wanted.src.clone().filter(|src| !src.is_empty());
        if let Some(src) = src.filter(|_| self.scan.frames.len() < MAX_FRAMES) {
            let frame = self.raw_link(element, src, values);
            self.scan.frames.push(frame);
        }
    }

    fn raw_link(&mut self, element: LinkElement, href: Range<usize>, values: &Values<'_>) -> RawLink {
        let href = self.keep(href, values);
        let rel = values.wanted.rel.clone().map(|rel| self.keep(rel, values)).unwrap_or_default();
        RawLink { element, href, rel, text: Span::default() }
    }

    /// Ends the text of the open link.
    pub(super) fn end_anchor(&mut self) {
        let Some(collapse) = self.anchor.take() else { return };
        let text = Span { start: collapse.start, end: self.scan.texts.len() };
        let link = self.scan.links.iter_mut().rev().find(|link| link.element == LinkElement::A);
        if let Some(link) = link {
            link.text = text;
        }
    }

    fn link_relation(&mut self, values: &Values<'_>) {
        if tokens(values.raw(&values.wanted.rel)).any(|relation| relation.eq_ignore_ascii_case("canonical")) {
            self.keep_first(|scan| &mut scan.canonical, &values.wanted.href, values);
        }
        if let (Some(rel), Some(href)) = (values.wanted.rel.clone(), values.wanted.href.clone())
            && self.scan.relations.len() < MAX_RELATIONS
        {
            let relation = (self.keep(rel, values), self.keep(href, values));
            self.scan.relations.push(relation);
        }
    }

    fn meta(&mut self, values: &Values<'_>) {
        self.keep_robots_tag(values);
        if values.raw(&values.wanted.name).eq_ignore_ascii_case("robots") {
            self.keep_first(|scan| &mut scan.robots, &values.wanted.content, values);
        }
        if values.raw(&values.wanted.http_equiv).eq_ignore_ascii_case("refresh") {
            self.refresh(values);
        }
    }

    /// Keeps the first valid refresh. In `<noscript>` it is not for browsers with scripting, which most visitors have.
    fn refresh(&mut self, values: &Values<'_>) {
        let Some(content) = values.wanted.content.clone() else { return };
        if self.in_noscript || self.scan.refresh.is_some() {
            return;
        }
        let content = self.keep(content, values);
        self.scan.refresh = Refresh::parse(content.slice(&self.scan.values)).map(|_| content);
    }

    /// Keeps a `<meta>` element that forbids something. The scanner does not know the names of robots, so it selects by
    /// content.
    fn keep_robots_tag(&mut self, values: &Values<'_>) {
        let (Some(name), Some(content)) = (values.wanted.name.clone(), values.wanted.content.clone()) else { return };
        if Directives::is_in(values.raw(&values.wanted.content)) && self.scan.robots_tags.len() < MAX_ROBOTS_TAGS {
            let tag = (self.keep(name, values), self.keep(content, values));
            self.scan.robots_tags.push(tag);
        }
    }

    /// Stores a value unless there is one already: the first counts.
    fn keep_first(
        &mut self,
        slot: fn(&mut Scan) -> &mut Option<Span>,
        value: &Option<Range<usize>>,
        values: &Values<'_>,
    ) {
        let Some(value) = value.clone() else { return };
        if slot(&mut self.scan).is_none() {
            let span = self.keep(value, values);
            *slot(&mut self.scan) = Some(span);
        }
    }
    /// Stores a value with its references resolved.
    fn keep(&mut self, range: Range<usize>, values: &Values<'_>) -> Span {
        let raw = values.source.get(range).unwrap_or_default();
        match values.references {
            References::Html => self.scan.keep(raw),
            References::Resolved => self.scan.keep_resolved(raw),
        }
    }
}
