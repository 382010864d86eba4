//! Makes entries of the tokens of an XML text.

use url::Url;

use super::{
    MAX_LOC, Sitemap, SitemapKind,
    base::{Bases, declared},
    xml::{Name, Token, Tokens, attribute, resolve},
};
use crate::base::text::{tokens, trim_invisible};

/// Maximum length of the text of a URL before its references are resolved, in bytes. A longer text is an attack.
const MAX_RAW_LOC: usize = 2 * MAX_LOC;

/// Start of the long form of the registered relations.
const LONG_RELATION: &str = "http://www.iana.org/assignments/relation/";

/// Maximum length of a date, in bytes.
const MAX_LASTMOD: usize = 64;

/// Parses an XML text. `None` if its root element is not that of a sitemap or feed.
pub(super) fn parse(text: &str, url: &Url) -> Option<Sitemap> {
    let mut tokens = Tokens::new(text);
    let (root, attributes) = tokens.find_map(|token| match token {
        Token::Open { name, attributes, .. } => Some((name, attributes)),
        Token::Close(_) | Token::Text(_) | Token::Data(_) => None,
    })?;
    let (kind, container) = match root.local {
        "urlset" => (SitemapKind::Urls, "url"),
        "sitemapindex" => (SitemapKind::Index, "sitemap"),
        "rss" | "RDF" => (SitemapKind::Feed, "item"),
        "feed" => (SitemapKind::Feed, "entry"),
        _ => return None,
    };
    let mut reader = Reader { bases: Bases::new(url), container, sitemap: Sitemap::new(kind), entry: None };
    reader.bases.open(root, attributes);
    tokens.for_each(|token| reader.take(token));
    // The text of an entry without <loc> may be cut off, so an unfinished entry counts only with <loc>.
    if reader.entry.as_ref().is_some_and(|entry| entry.has_loc) {
        reader.end_entry();
    }
    Some(reader.sitemap)
}

/// Builds a list from tokens.
struct Reader<'t> {
    bases: Bases<'t>,
    /// Name of the elements that are entries.
    container: &'static str,
    sitemap: Sitemap,
    /// Current entry.
    entry: Option<Entry<'t>>,
}

/// State of the current entry.
struct Entry<'t> {
    /// Namespace prefix of its element.
    prefix: &'t str,
    /// `xml:base` of its element.
    base: Option<Url>,
    /// `xml:base` of the current field.
    field_base: Option<Url>,
    /// Number of open elements in it that are not fields.
    depth: usize,
    /// Current field, and its text so far.
    field: Option<(Field, Name<'t>, String)>,
    /// Number of entries before it.
    first: usize,
    /// True if it has a location, valid or not.
    has_loc: bool,
    /// Text directly in its element; at most three times [`MAX_LOC`] bytes, like that of a field.
    own_text: String,
    guid: Option<String>,
    lastmod: Option<Box<str>>,
    priority: Option<f32>,
}

/// Field of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Loc,
    Guid,
    Lastmod,
    Priority,
}

impl<'t> Reader<'t> {
    fn take(&mut self, token: Token<'t>) {
        match token {
            Token::Open { name, attributes, is_empty } => self.open(name, attributes, is_empty),
            Token::Close(name) => self.close(name),
            Token::Text(text) => self.text(text, resolve),
            Token::Data(text) => self.text(text, |text, out| out.push_str(text)),
        }
    }

    fn open(&mut self, name: Name<'t>, attributes: &str, is_empty: bool) {
        let is_free = self.entry.as_ref().is_none_or(|entry| entry.field.is_none());
        if name.local == self.container && is_free {
            self.end_entry();
            if !is_empty {
                let base = declared(attributes, self.bases.current());
                self.entry = Some(Entry::new(name.prefix, base, self.sitemap.entries.len()));
            }
            return;
        }
        let Some(entry) = &mut self.entry else {
            if !is_empty {
                self.bases.open(name, attributes);
            }
            return;
        };
        if entry.field.is_some() {
            return;
        }
        let is_own = entry.depth == 0 && name.prefix == entry.prefix;
        if is_own && self.container == "entry" && name.local == "link" {
            return entry.take_link(attributes, &mut self.sitemap, &self.bases);
        }
        match field_named(self.sitemap.kind, name.local) {
            _ if is_empty => {}
            Some(Field::Guid) if is_own && is_no_link(attributes) => entry.depth += 1,
            Some(field) if is_own => {
                entry.field = Some((field, name, String::new()));
                entry.field_base = declared(attributes, entry.base(&self.bases));
            }
            Some(_) | None => entry.depth += 1,
        }
    }

    fn close(&mut self, name: Name<'t>) {
        let Some(entry) = &mut self.entry else { return self.bases.close(name) };
        match entry.field.take_if(|(_, open, _)| *open == name) {
            Some((field, _, text)) => entry.set(field, text, &mut self.sitemap, &self.bases),
            None if entry.field.is_some() => {}
            None if name.local == self.container => self.end_entry(),
            None => entry.depth = entry.depth.saturating_sub(1),
        }
    }

    /// Appends to the current text. A text that is too long for a URL is replaced by one that is refused later.
    fn text(&mut self, text: &str, append: impl FnOnce(&str, &mut String)) {
        let Some(entry) = &mut self.entry else { return };
        let out = match &mut entry.field {
            Some((_, _, text)) => text,
            None if entry.depth == 0 => &mut entry.own_text,
            None => return,
        };
        let text = if out.is_empty() { text.trim_start() } else { text };
        if text.trim_end().len() > MAX_RAW_LOC {
            *out = "-".repeat(MAX_LOC);
        } else if out.len() < MAX_LOC {
            append(text, out);
        }
    }

    fn end_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        let (base, list) = (entry.base(&self.bases), self.bases.list());
        if !entry.has_loc {
            match (&entry.guid, self.sitemap.kind) {
                (Some(guid), _) if is_http(guid) => self.sitemap.push(guid, base, list),
                (_, SitemapKind::Urls | SitemapKind::Index) => self.sitemap.push(&entry.own_text, base, list),
                (_, SitemapKind::Feed | SitemapKind::Text) => {}
            }
        }
        let Entry { first, lastmod, priority, .. } = entry;
        for entry in self.sitemap.entries.iter_mut().skip(first) {
            entry.lastmod.clone_from(&lastmod);
            entry.priority = priority.unwrap_or(entry.priority);
        }
    }
}

impl<'t> Entry<'t> {
    fn new(prefix: &'t str, base: Option<Url>, first: usize) -> Self {
        Self {
            prefix,
            base,
            field_base: None,
            depth: 0,
            field: None,
            first,
            has_loc: false,
            own_text: String::new(),
            guid: None,
            lastmod: None,
            priority: None,
        }
    }

    /// Returns the base of what is in the entry.
    fn base<'e>(&'e self, bases: &'e Bases<'_>) -> &'e Url {
        self.base.as_ref().unwrap_or_else(|| bases.current())
    }

    fn set(&mut self, field: Field, text: String, sitemap: &mut Sitemap, bases: &Bases<'_>) {
        let trimmed = trim_invisible(&text);
        match field {
            Field::Loc => {
                self.has_loc |= !trimmed.is_empty();
                let base = self.field_base.take();
                sitemap.push(trimmed, base.as_ref().unwrap_or_else(|| self.base(bases)), bases.list());
            }
            Field::Guid => self.guid = Some(text),
            Field::Lastmod if trimmed.is_empty() || trimmed.len() > MAX_LASTMOD => {}
            Field::Lastmod => self.lastmod = Some(trimmed.into()),
            Field::Priority => {
                let number = trimmed.parse().ok().filter(|number: &f32| !number.is_nan());
                self.priority = number.map(|number| number.clamp(0.0, 1.0));
            }
        }
    }

    /// Takes the first link of an Atom entry to its page (RFC 4287 section 4.2.7.2).
    fn take_link(&mut self, attributes: &str, sitemap: &mut Sitemap, bases: &Bases<'_>) {
        let is_page = attribute(attributes, "rel").is_none_or(|rel| is_alternate(&rel));
        if let Some(href) = attribute(attributes, "href").filter(|_| is_page && !self.has_loc) {
            self.has_loc = true;
            let base = declared(attributes, self.base(bases));
            sitemap.push(&href, base.as_ref().unwrap_or_else(|| self.base(bases)), bases.list());
        }
    }
}

/// Returns true for the relation `alternate`, in its short or long form (RFC 4287 section 4.2.7.2).
fn is_alternate(rel: &str) -> bool {
    let mut relations = tokens(rel).peekable();
    relations.peek().is_none()
        || relations.any(|relation| {
            let name = relation.get(..LONG_RELATION.len()).filter(|start| start.eq_ignore_ascii_case(LONG_RELATION));
            let name = name.map_or(relation, |start| relation.get(start.len()..).unwrap_or_default());
            name.eq_ignore_ascii_case("alternate")
        })
}

/// Returns true if a `<guid>` is declared not to be a link.
fn is_no_link(attributes: &str) -> bool {
    attribute(attributes, "isPermaLink").is_some_and(|value| trim_invisible(&value).eq_ignore_ascii_case("false"))
}

/// Returns true if a text starts like an http URL.
fn is_http(text: &str) -> bool {
    let scheme = trim_invisible(text).split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// Returns the field with this element name.
fn field_named(kind: SitemapKind, name: &str) -> Option<Field> {
    match (kind, name) {
        (SitemapKind::Urls | SitemapKind::Index, "loc") => Some(Field::Loc),
        (SitemapKind::Urls | SitemapKind::Index, "lastmod") => Some(Field::Lastmod),
        (SitemapKind::Urls, "priority") => Some(Field::Priority),
        (SitemapKind::Feed, "link") => Some(Field::Loc),
        (SitemapKind::Feed, "guid") => Some(Field::Guid),
        (SitemapKind::Feed, "pubDate" | "updated") => Some(Field::Lastmod),
        _ => None,
    }
}
