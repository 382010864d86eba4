//! The scan of an XML page: [`Scan::from_xml`].

use super::{
    attributes::Wanted,
    collapse::Collapse,
    elements::{Collector, References, Values},
    findings::{MAX_LINK_TEXT, Scan},
    link_element::LinkElement,
    tag::Tag,
};
use crate::parser::page::xml::{self, Attribute, Name, NotWellFormed, StartTag, Visitor, XHTML};

const SVG: &str = "http://www.w3.org/2000/svg";
const MATHML: &str = "http://www.w3.org/1998/Math/MathML";
const XLINK: &str = "http://www.w3.org/1999/xlink";

impl Scan {
    /// Scans the text of a page by the rules of XML.
    pub(crate) fn from_xml(text: &str) -> Result<Self, NotWellFormed> {
        let mut scanner = XmlScanner::default();
        xml::read(text, &mut scanner)?;
        let XmlScanner { mut found, title, .. } = scanner;
        found.scan.title = title.map(|title| found.scan.keep_resolved(&title.text));
        Ok(found.finish())
    }
}

/// Collects findings from the events of the reader.
#[derive(Default)]
struct XmlScanner {
    found: Collector,
    /// The first `<title>`.
    title: Option<Title>,
    /// Number of open `<template>` elements. What they contain is not part of the page.
    templates: usize,
    /// Number of open `<noscript>` elements.
    noscripts: usize,
    /// Wanted values of the current tag, one after the other.
    values: String,
}

struct Title {
    text: String,
    collapse: Collapse,
    /// Number of open `<title>` elements. At 0, the text is complete.
    open: usize,
}

impl Visitor for XmlScanner {
    fn start(&mut self, tag: StartTag<'_>) {
        let kind = kind(tag.name, &tag.namespace);
        if self.templates == 0 && kind.has_wanted_attributes() {
            let is_svg = &*tag.namespace == SVG;
            let mut wanted = self.wanted(&tag.attributes);
            wanted.href = wanted.href.or(wanted.xlink_href.take().filter(|_| is_svg));
            let values = Values { source: &self.values, wanted: &wanted, references: References::Resolved };
            if kind == Tag::A {
                self.found.link(LinkElement::A, &values);
            } else {
                self.found.element(kind, &values);
            }
        }
        if kind == Tag::Template {
            self.templates += 1;
        } else if kind == Tag::Noscript {
            self.set_noscripts(self.noscripts + 1);
        } else if kind == Tag::Title {
            self.start_title();
        }
    }

    fn end(&mut self, name: Name<'_>, namespace: &str) {
        let kind = kind(name, namespace);
        if kind == Tag::A && self.templates == 0 {
            self.found.end_anchor();
        } else if kind == Tag::Template {
            self.templates -= 1;
        } else if kind == Tag::Noscript {
            self.set_noscripts(self.noscripts - 1);
        } else if kind == Tag::Title
            && let Some(title) = &mut self.title
        {
            title.open = title.open.saturating_sub(1);
        }
    }

    fn text(&mut self, text: &str) {
        if self.templates > 0 {
            return;
        }
        if let Some(title) = self.title.as_mut().filter(|title| title.open > 0) {
            title.collapse.push(text, &mut title.text);
        }
        let texts = &mut self.found.scan.texts;
        if let Some(collapse) = self.found.anchor.as_mut().filter(|link| texts.len() - link.start < MAX_LINK_TEXT) {
            collapse.push(text, texts);
        }
    }
}

impl XmlScanner {
    /// Stores the values of the needed attributes, and returns their positions.
    fn wanted(&mut self, attributes: &[Attribute<'_>]) -> Wanted {
        let mut wanted = Wanted::default();
        self.values.clear();
        for Attribute { name, namespace, value } in attributes {
            let start = self.values.len();
            self.values.push_str(value);
            let range = start..self.values.len();
            match (&**namespace, name.local) {
                (XLINK, "href") => wanted.xlink_href = Some(range),
                ("", local) if is_lower(local) => wanted.record(local.as_bytes(), range),
                _ => {}
            }
        }
        wanted
    }

    fn set_noscripts(&mut self, open: usize) {
        self.noscripts = open;
        self.found.in_noscript = open > 0;
    }

    fn start_title(&mut self) {
        if self.templates > 0 {
            return;
        }
        match &mut self.title {
            None => self.title = Some(Title { text: String::new(), collapse: Collapse::new(0, usize::MAX), open: 1 }),
            Some(title) if title.open > 0 => title.open += 1,
            Some(_) => {}
        }
    }
}

/// Returns the kind of an element. Of SVG and MathML, only `a` is needed.
fn kind(name: Name<'_>, namespace: &str) -> Tag {
    match (namespace, name.local) {
        (XHTML, local) if is_lower(local) => Tag::from_name(local.as_bytes()),
        (SVG | MATHML, "a") => Tag::A,
        _ => Tag::Other,
    }
}

/// Returns true if a name has no capital letters. Names of HTML are in lower case.
fn is_lower(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_uppercase())
}
