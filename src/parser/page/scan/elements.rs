//! What the scan keeps of each element.

use std::ops::Range;

use super::{
    attributes::Wanted,
    collapse::Collapse,
    findings::{MAX_FRAMES, MAX_LINK_TEXT, MAX_LINKS, MAX_RELATIONS, MAX_ROBOTS_TAGS, RawLink, Scan, Span},
    link_element::LinkElement,
    tag::Tag,
    tokens::Scanner,
};
use crate::{base::text::tokens, http::refresh::Refresh, robots::Directives};

impl Scanner<'_> {
    /// Keeps what is needed of an HTML element.
    pub(super) fn element(&mut self, tag: Tag, wanted: &Wanted) {
        match tag {
            Tag::A => self.link(LinkElement::A, wanted),
            Tag::Area => self.link(LinkElement::Area, wanted),
            Tag::Base => self.keep_first(|scan| &mut scan.base, &wanted.href),
            Tag::Link => self.link_relation(wanted),
            Tag::Meta => self.meta(wanted),
            Tag::Frame => self.frame(LinkElement::Frame, wanted),
            // Browsers show `srcdoc` instead of `src`.
            Tag::Iframe if wanted.srcdoc.is_none() => self.frame(LinkElement::Iframe, wanted),
            Tag::Iframe | Tag::Noframes | Tag::Noembed | Tag::Noscript | Tag::Template | Tag::Svg | Tag::Math => {}
            Tag::Title | Tag::Textarea | Tag::Style | Tag::Xmp | Tag::Script | Tag::Plaintext => {}
            Tag::OptionalEnd | Tag::Other => {}
        }
    }

    /// Keeps a link with `href`. An `<a>` ends the open link.
    pub(super) fn link(&mut self, element: LinkElement, wanted: &Wanted) {
        if element == LinkElement::A {
            self.end_anchor();
        }
        let Some(href) = wanted.href.clone() else { return };
        if self.scan.links.len() >= MAX_LINKS {
            self.scan.left_out += 1;
            return;
        }
        let link = self.raw_link(element, href, wanted);
        self.scan.links.push(link);
        if element == LinkElement::A {
            self.anchor = Some(Collapse::new(self.scan.texts.len(), MAX_LINK_TEXT));
        }
    }

    /// Keeps a frame with `src`. Without one, it is empty.
    fn frame(&mut self, element: LinkElement, wanted: &Wanted) {
        let src = wanted.src.clone().filter(|src| !src.is_empty());
        if let Some(src) = src.filter(|_| self.scan.frames.len() < MAX_FRAMES) {
            let frame = self.raw_link(element, src, wanted);
            self.scan.frames.push(frame);
        }
    }

    fn raw_link(&mut self, element: LinkElement, href: Range<usize>, wanted: &Wanted) -> RawLink {
        let href = self.keep(href);
        let rel = wanted.rel.clone().map(|rel| self.keep(rel)).unwrap_or_default();
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
            self.refresh(wanted);
        }
    }

    /// Keeps the first valid refresh. In `<noscript>` it is not for browsers with scripting, which most visitors have.
    fn refresh(&mut self, wanted: &Wanted) {
        let Some(content) = wanted.content.clone() else { return };
        if self.in_noscript || self.scan.refresh.is_some() {
            return;
        }
        let content = self.keep(content);
        self.scan.refresh = Refresh::parse(content.slice(&self.scan.values)).map(|_| content);
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
}
