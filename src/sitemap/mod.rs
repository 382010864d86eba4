//! Sitemaps (sitemaps.org, protocol 0.9) and feeds (RSS 0.9x to 2.0, RSS 1.0, Atom). No I/O and no clock.
//!
//! Many of them are broken, so the parser is lenient: namespaces are not compared, a list that is cut off gives the entries
//! before the cut, a single `&` is literal, text of an entry without `<loc>` counts as its URL. Entities of a document type
//! are never expanded; they are removed.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`Sitemap`] and its entries |
//! | `parse` | [`Sitemap::parse`] |
//! | `xml`, `xml_list` | tokens of XML, and the entries made of them |
//! | `base` | `xml:base` |
//! | `text` | sitemaps that are plain text |

mod base;
mod parse;
#[cfg(test)]
mod tests;
mod text;
mod xml;
mod xml_list;

use url::{Position, Url};

use crate::{base::text::trim_invisible, http::request::anonymous, urls::resolve::resolve as resolve_url};

/// Maximum length of a text, in bytes: 50 MiB, as in the protocol.
pub(crate) const MAX_TEXT: usize = 50 << 20;

/// Maximum number of entries of one file, as in the protocol.
pub(crate) const MAX_ENTRIES: usize = 50_000;

/// Maximum length of a URL plus one; the protocol requires less than 2,048 characters.
const MAX_LOC: usize = 2048;

/// Priority of an entry without `<priority>`, as in the protocol.
const DEFAULT_PRIORITY: f32 = 0.5;

/// Entries of a sitemap or feed.
///
/// ```
/// use lycosa::{Sitemap, SitemapKind};
/// let url = "http://a.example/sitemap.xml".parse().unwrap();
/// let text = "<urlset><url><loc>http://a.example/x</loc><priority>7</priority></url></urlset>";
/// let sitemap = Sitemap::parse(text, &url).unwrap();
/// assert_eq!(sitemap.kind(), SitemapKind::Urls);
/// assert_eq!(sitemap.entries()[0].url().path(), "/x");
/// assert_eq!(sitemap.entries()[0].priority(), 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sitemap {
    kind: SitemapKind,
    /// At most [`MAX_ENTRIES`].
    entries: Vec<SitemapEntry>,
    left_out: u64,
}

/// Kind of a sitemap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SitemapKind {
    /// `<urlset>`: a list of pages.
    Urls,
    /// `<sitemapindex>`: a list of sitemaps.
    Index,
    /// An RSS or Atom feed: a list of pages.
    Feed,
    /// Plain text with one URL per line: a list of pages.
    Text,
}

/// One entry of a sitemap or feed.
#[derive(Clone, Debug, PartialEq)]
pub struct SitemapEntry {
    url: Url,
    lastmod: Option<Box<str>>,
    priority: f32,
    is_in_place: bool,
}

impl Sitemap {
    /// Returns the kind of list.
    #[must_use]
    pub fn kind(&self) -> SitemapKind {
        self.kind
    }

    /// Returns the entries in the order of the text.
    #[must_use]
    pub fn entries(&self) -> &[SitemapEntry] {
        &self.entries
    }

    /// Returns the number of entries left out: not an http URL, too long, or too many.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn new(kind: SitemapKind) -> Self {
        Self { kind, entries: Vec::new(), left_out: 0 }
    }

    /// Adds an entry of `list`, given its URL as written. `base` is the base of relative URLs.
    fn push(&mut self, loc: &str, base: &Url, list: &Url) {
        let loc = trim_invisible(loc);
        if loc.is_empty() {
            return;
        }
        let url = Some(loc).filter(|loc| loc.len() < MAX_LOC && self.entries.len() < MAX_ENTRIES);
        match url.and_then(|loc| resolve(loc, base)) {
            Some(url) => {
                let is_in_place = self.kind == SitemapKind::Index || is_below(&url, list);
                self.entries.push(SitemapEntry { url, lastmod: None, priority: DEFAULT_PRIORITY, is_in_place });
            }
            None => self.left_out += 1,
        }
    }
}

impl SitemapEntry {
    /// Returns the URL without a fragment.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the date of the last change, as written: a W3C date in sitemaps and Atom, an RFC 822 date in RSS.
    #[must_use]
    pub fn lastmod(&self) -> Option<&str> {
        self.lastmod.as_deref()
    }

    /// Returns the priority claimed by the site, from 0 to 1. The default is 0.5.
    #[must_use]
    pub fn priority(&self) -> f32 {
        self.priority
    }

    /// Returns true if the list may contain this URL because of its own location (sitemaps.org, "Sitemap file location").
    ///
    /// The URL must have the scheme, host and port of the list and be below its folder. Always true in an index. A list
    /// named by a robots.txt may contain any URL of that host.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.is_in_place
    }
}

/// Resolves an entry to an http URL. Some lists omit the scheme.
fn resolve(loc: &str, base: &Url) -> Option<Url> {
    let mut url = match loc.get(..4) {
        Some(start) if start.eq_ignore_ascii_case("www.") => resolve_url(base, &format!("//{loc}")),
        Some(_) | None => resolve_url(base, loc),
    }
    .ok()?;
    url.set_fragment(None);
    let is_http = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    is_http.then(|| anonymous(url))
}

/// Returns true if `url` is in the folder of `list` or below it.
fn is_below(url: &Url, list: &Url) -> bool {
    let folder = list.path().rfind('/').and_then(|slash| list.path().get(..=slash)).unwrap_or("/");
    url[..Position::BeforePath] == list[..Position::BeforePath] && url.path().starts_with(folder)
}
