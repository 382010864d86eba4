//! Makes entries of the tokens of an XML text.

use url::Url;

use super::{
    MAX_LOC, Sitemap, SitemapKind,
    xml::{Name, Token, Tokens, attribute, resolve},
};

/// Maximum length of the text of a URL before its references are resolved, in bytes. A longer text is an attack.
const MAX_RAW_LOC: usize = 2 * MAX_LOC;

/// Maximum length of a date, in bytes.
const MAX_LASTMOD: usize = 64;

/// Parses an XML text. `None` if its root element is not that of a sitemap or feed.
pub(super) fn parse(text: &str, url: &Url) -> Option<Sitemap> {
    let mut tokens = Tokens::new(text);
    let root = tokens.find_map(|token| match token {
        Token::Open { name, .. } => Some(name.local),
        Token::Close(_) | Token::Text(_) | Token::Data(_) => None,
    })?;
    let (kind, container) = match root {
        "urlset" => (SitemapKind::Urls, "url"),
        "sitemapindex" => (SitemapKind::Index, "sitemap"),
        "rss" | "RDF" => (SitemapKind::Feed, "item"),
        "feed" => (SitemapKind::Feed, "entry"),
        _ => return None,
    };
    let mut reader = Reader { base: url, container, sitemap: Sitemap::new(kind), entry: None };
    tokens.for_each(|token| reader.take(token));
    // The text of an entry without <loc> may be cut off, so an unfinished entry counts only with <loc>.
    if reader.entry.as_ref().is_some_and(|entry| entry.has_loc) {
        reader.end_entry();
    }
    Some(reader.sitemap)
}

/// Builds a list from tokens.
struct Reader<'t> {
    base: &'t Url,
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
                self.entry = Some(Entry::new(name.prefix, self.sitemap.entries.len()));
            }
            return;
        }
        let Some(entry) = &mut self.entry else { return };
        if entry.field.is_some() {
            return;
        }
        let is_own = entry.depth == 0 && name.prefix == entry.prefix;
        if is_own && self.container == "entry" && name.local == "link" {
            return entry.take_link(attributes, &mut self.sitemap, self.base);
        }
        match field_named(self.sitemap.kind, name.local) {
            _ if is_empty => {}
            Some(field) if is_own => entry.field = Some((field, name, String::new())),
            Some(_) | None => entry.depth += 1,
        }
    }

    fn close(&mut self, name: Name<'t>) {
        let Some(entry) = &mut self.entry else { return };
        match entry.field.take_if(|(_, open, _)| *open == name) {
            Some((field, _, text)) => entry.set(field, text, &mut self.sitemap, self.base),
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
        let Entry { first, has_loc, own_text, guid, lastmod, priority, .. } = entry;
        if !has_loc {
            match (guid, self.sitemap.kind) {
                (Some(guid), _) if guid.trim_start().starts_with("http") => self.sitemap.push(&guid, self.base),
                (_, SitemapKind::Urls | SitemapKind::Index) => self.sitemap.push(&own_text, self.base),
                (_, SitemapKind::Feed | SitemapKind::Text) => {}
            }
        }
        for entry in self.sitemap.entries.iter_mut().skip(first) {
            entry.lastmod.clone_from(&lastmod);
            entry.priority = priority.unwrap_or(entry.priority);
        }
    }
}

impl<'t> Entry<'t> {
    fn new(prefix: &'t str, first: usize) -> Self {
        Self {
            prefix,
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

    fn set(&mut self, field: Field, text: String, sitemap: &mut Sitemap, base: &Url) {
        let trimmed = text.trim();
        match field {
            Field::Loc => {
                self.has_loc |= !trimmed.is_empty();
                sitemap.push(trimmed, base);
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
    fn take_link(&mut self, attributes: &str, sitemap: &mut Sitemap, base: &Url) {
        let is_page = attribute(attributes, "rel").is_none_or(|rel| rel == "alternate");
        if let Some(href) = attribute(attributes, "href").filter(|_| is_page && !self.has_loc) {
            self.has_loc = true;
            sitemap.push(&href, base);
        }
    }
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
