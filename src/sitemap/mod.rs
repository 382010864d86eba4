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
//! | `text` | sitemaps that are plain text |

mod parse;
mod text;
mod xml;
mod xml_list;

use url::{Position, Url};

use crate::{http::request::anonymous, urls::resolve::resolve as resolve_url};

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

    /// Adds an entry, given its URL as written.
    fn push(&mut self, loc: &str, base: &Url) {
        let loc = loc.trim_matches(is_blank);
        if loc.is_empty() {
            return;
        }
        let url = Some(loc).filter(|loc| loc.len() < MAX_LOC && self.entries.len() < MAX_ENTRIES);
        match url.and_then(|loc| resolve(loc, base)) {
            Some(url) => {
                let is_in_place = self.kind == SitemapKind::Index || is_below(&url, base);
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

/// Returns true for white space of any script, and for byte order marks, which some servers put between entries.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(SitemapKind, Vec<String>)> {
        let sitemap = Sitemap::parse(text, &"http://a.example/d/map.xml".parse().unwrap())?;
        Some((sitemap.kind(), sitemap.entries().iter().map(|entry| entry.url().to_string()).collect()))
    }

    #[test]
    fn every_kind_is_recognized() {
        for (text, kind, urls) in [
            ("<urlset><url><loc> http://a.example/ </loc></url></urlset>", SitemapKind::Urls, "http://a.example/"),
            ("<s:urlset><s:url><s:loc>//evil:x@a.example/x</s:loc></s:url>", SitemapKind::Urls, "http://a.example/x"),
            ("<sitemapindex><sitemap>www.b.example/y</sitemap>", SitemapKind::Index, "http://www.b.example/y"),
            ("<urlset><url><loc>///b.example./x</loc>", SitemapKind::Urls, "http://b.example/x"),
            ("<rss><item><link>\\\\/b.example/x</link>", SitemapKind::Feed, "http://b.example/x"),
            ("<rss><channel><link>/no</link><item><link>/r</link></item>", SitemapKind::Feed, "http://a.example/r"),
            ("<rss><item><guid>http://a.example/g</guid></item>", SitemapKind::Feed, "http://a.example/g"),
            ("<r:RDF xmlns:r=x><item><link>r</link></item>", SitemapKind::Feed, "http://a.example/d/r"),
            (
                "<feed><link href=/no><entry><link rel=self href=/no/><link href='/e'/>",
                SitemapKind::Feed,
                "http://a.example/e",
            ),
            ("\u{feff}http://a.example/1\r\nno\nftp://b.example/", SitemapKind::Text, "http://a.example/1"),
        ] {
            assert_eq!(parse(text), Some((kind, vec![urls.to_owned()])), "{text}");
        }
        for text in ["", "<html><body>404", "not found", "<", "<!--", "<?xml", "<![CDATA[", "<url><loc>/x</loc></url>"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn entries_have_date_and_priority() {
        let text = "<urlset><url><loc>a</loc><lastmod><![CDATA[2024-01-02]]></lastmod><priority> 0.9 </priority></url>\
                    <url><priority>-3</priority><loc>/b</loc><image><loc>/no</loc><lastmod>no</lastmod></image></url>\
                    <url><loc>//c.example/d/</loc><priority>NaN</priority></url></urlset>";
        let sitemap = Sitemap::parse(text, &"http://a.example/d/map.xml".parse().unwrap()).unwrap();
        let found: Vec<_> = sitemap
            .entries()
            .iter()
            .map(|entry| (entry.url().path(), entry.lastmod(), entry.priority(), entry.is_in_place()))
            .collect();
        let expected = [("/d/a", Some("2024-01-02"), 0.9, true), ("/b", None, 0.0, false), ("/d/", None, 0.5, false)];
        assert_eq!(found, expected);
    }

    #[test]
    fn broken_lists_give_their_readable_entries() {
        for (text, urls) in [
            ("<urlset><url><loc>/a</loc></url><url><loc>/b</lo", &["/a"][..]),
            ("<urlset></a></url><url><loc>/a</b></loc><url><loc>/c</loc>", &["/a", "/c"]),
            ("<urlset><url><loc>/a?x&y=1&z;&#x41;&lt;&#0;&amp</loc>", &["/a?x&y=1A%3C%EF%BF%BD&amp"]),
            ("<!DOCTYPE x [<!ENTITY e '>'> ]><urlset><url><loc>/&e;</loc>", &["/"]),
            ("<urlset><url><loc>javascript:1</loc><loc>http://</loc><loc></loc>", &[]),
            ("<?x ?><!-- <url> --><urlset><url/><url><loc/><loc>/a<![CDATA[&<]]></loc></url>", &["/a&%3C"]),
        ] {
            let (_, found) = parse(text).unwrap();
            let expected: Vec<_> = urls.iter().map(|path| format!("http://a.example{path}")).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn lists_are_bounded() {
        let many: String = (0..=MAX_ENTRIES).map(|number| format!("<url><loc>/{number}</loc></url>")).collect();
        let sitemap = Sitemap::parse(&format!("<urlset>{many}"), &"http://a.example/".parse().unwrap()).unwrap();
        assert_eq!((sitemap.entries().len(), sitemap.left_out()), (MAX_ENTRIES, 1));
        let attack = format!("<urlset><url><loc>/{}</loc></url>", "&q;".repeat(2000));
        assert_eq!(parse(&attack).unwrap().1.len(), 0);
        let long = format!("<urlset>{}<url><loc>/{}</loc></url>", "<a>".repeat(100_000), "x".repeat(1 << 20));
        assert_eq!(parse(&long).unwrap().1.len(), 0);
    }

    #[test]
    fn random_texts_do_not_panic() {
        let mut rng = fastrand::Rng::with_seed(9309);
        let parts = [
            "<urlset>",
            "<url>",
            "<loc>",
            "</loc>",
            "</url>",
            "<",
            ">",
            "&",
            ";",
            "&#",
            "x",
            "'",
            "\"",
            "é",
            "]]>",
            "<![CDATA[",
            "<!--",
            "-->",
            "<?",
            "?>",
            "<!DOCTYPE",
            "[",
            "/",
            " a=",
            "http://",
            "<rss>",
            "<item>",
            "<link",
        ];
        for _ in 0..20_000 {
            let text: String = (0..rng.usize(..12)).filter_map(|_| rng.choice(parts)).collect();
            parse(&text);
        }
    }
}
