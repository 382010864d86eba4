//! Sitemaps (sitemaps.org, protocol 0.9) and feeds (RSS 0.9x to 2.0, RSS 1.0, Atom): the pages that a site lists. Pure:
//! no I/O, no clock.
//!
//! What sites serve is often broken, so what can be read is read: namespaces are not compared, a list that is cut short
//! gives what stands before the cut, a bare `&` stands for itself, a missing `<loc>` is made up by the text in its place.
//! Entities of a document type are never expanded: they are nothing.

mod read;
mod text;
mod xml;

use url::{Position, Url};

use crate::{base::text::prefix, http::request::anonymous};

/// How much of a text is read: what the protocol allows a file to be, in bytes (50 MiB).
pub(crate) const MAX_TEXT: usize = 50 << 20;

/// The most entries of one file (sitemaps.org: 50,000).
pub(crate) const MAX_ENTRIES: usize = 50_000;

/// The longest URL (sitemaps.org: less than 2,048 characters).
const MAX_LOC: usize = 2048;

/// The priority of an entry that names none (sitemaps.org, `<priority>`).
const USUAL_PRIORITY: f32 = 0.5;

/// What a sitemap or a feed lists.
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

/// What kind of list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SitemapKind {
    /// `<urlset>`: pages.
    Urls,
    /// `<sitemapindex>`: more sitemaps.
    Index,
    /// An RSS or Atom feed: pages.
    Feed,
    /// A text with one URL a line: pages.
    Text,
}

/// One URL of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct SitemapEntry {
    url: Url,
    lastmod: Option<Box<str>>,
    priority: f32,
    is_in_place: bool,
}

impl Sitemap {
    /// Reads a text that came from `url`; none when it is neither sitemap nor feed.
    ///
    /// At most 50 MiB are read and 50,000 entries kept; a URL over 2,048 bytes, or that is neither http nor https, is
    /// left out.
    #[must_use]
    pub fn parse(text: &str, url: &Url) -> Option<Self> {
        let text = prefix(text, MAX_TEXT).trim_start_matches(is_blank);
        if text.starts_with('<') { read::xml(text, url) } else { text::lines(text, url) }
    }

    /// What it lists.
    #[must_use]
    pub fn kind(&self) -> SitemapKind {
        self.kind
    }

    /// The entries, in the order of the text.
    #[must_use]
    pub fn entries(&self) -> &[SitemapEntry] {
        &self.entries
    }

    /// Entries that are no http URL, too long, or too many.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn new(kind: SitemapKind) -> Self {
        Self { kind, entries: Vec::new(), left_out: 0 }
    }

    /// Takes in an entry as it is written.
    fn push(&mut self, loc: &str, base: &Url) {
        let loc = loc.trim_matches(is_blank);
        if loc.is_empty() {
            return;
        }
        let url = Some(loc).filter(|loc| loc.len() < MAX_LOC && self.entries.len() < MAX_ENTRIES);
        match url.and_then(|loc| resolve(loc, base)) {
            Some(url) => {
                let is_in_place = self.kind == SitemapKind::Index || is_below(&url, base);
                self.entries.push(SitemapEntry { url, lastmod: None, priority: USUAL_PRIORITY, is_in_place });
            }
            None => self.left_out += 1,
        }
    }
}

impl SitemapEntry {
    /// The URL, without a fragment.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// When it changed, as it is written: a W3C date in sitemaps and Atom, an RFC 822 date in RSS.
    #[must_use]
    pub fn lastmod(&self) -> Option<&str> {
        self.lastmod.as_deref()
    }

    /// What the site thinks of it, from 0 to 1; 0.5 when it does not say.
    #[must_use]
    pub fn priority(&self) -> f32 {
        self.priority
    }

    /// Whether the list may speak for it because of where the list lies: same scheme, host and port, and below the
    /// list's own folder (sitemaps.org, "Sitemap file location"). Always true in an index. A list that a robots.txt names
    /// may speak for that whole host.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.is_in_place
    }
}

/// The http URL that is meant. Some lists leave out the scheme.
fn resolve(loc: &str, base: &Url) -> Option<Url> {
    let mut url = match loc.get(..4) {
        Some(start) if start.eq_ignore_ascii_case("www.") => Url::parse(&format!("{}://{loc}", base.scheme())),
        Some(_) | None => base.join(loc),
    }
    .ok()?;
    url.set_fragment(None);
    let is_http = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    is_http.then(|| anonymous(url))
}

fn is_below(url: &Url, list: &Url) -> bool {
    let folder = list.path().rfind('/').and_then(|slash| list.path().get(..=slash)).unwrap_or("/");
    url[..Position::BeforePath] == list[..Position::BeforePath] && url.path().starts_with(folder)
}

/// White space of any script, and byte order marks, which some servers put in the middle of things.
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
    fn every_kind_is_told() {
        for (text, kind, urls) in [
            ("<urlset><url><loc> http://a.example/ </loc></url></urlset>", SitemapKind::Urls, "http://a.example/"),
            ("<s:urlset><s:url><s:loc>//evil:x@a.example/x</s:loc></s:url>", SitemapKind::Urls, "http://a.example/x"),
            ("<sitemapindex><sitemap>www.b.example/y</sitemap>", SitemapKind::Index, "http://www.b.example/y"),
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
    fn what_belongs_to_an_entry() {
        let text = "<urlset><url><loc>a</loc><lastmod><![CDATA[2024-01-02]]></lastmod><priority> 0.9 </priority></url>\
                    <url><priority>-3</priority><loc>/b</loc><image><loc>/no</loc><lastmod>no</lastmod></image></url>\
                    <url><loc>//c.example/d/</loc><priority>NaN</priority></url></urlset>";
        let sitemap = Sitemap::parse(text, &"http://a.example/d/map.xml".parse().unwrap()).unwrap();
        let told: Vec<_> = sitemap
            .entries()
            .iter()
            .map(|entry| (entry.url().path(), entry.lastmod(), entry.priority(), entry.is_in_place()))
            .collect();
        let expected = [("/d/a", Some("2024-01-02"), 0.9, true), ("/b", None, 0.0, false), ("/d/", None, 0.5, false)];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_broken_gives_what_it_can() {
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
    fn everything_has_a_limit() {
        let many: String = (0..=MAX_ENTRIES).map(|number| format!("<url><loc>/{number}</loc></url>")).collect();
        let sitemap = Sitemap::parse(&format!("<urlset>{many}"), &"http://a.example/".parse().unwrap()).unwrap();
        assert_eq!((sitemap.entries().len(), sitemap.left_out()), (MAX_ENTRIES, 1));
        let attack = format!("<urlset><url><loc>/{}</loc></url>", "&q;".repeat(2000));
        assert_eq!(parse(&attack).unwrap().1.len(), 0);
        let long = format!("<urlset>{}<url><loc>/{}</loc></url>", "<a>".repeat(100_000), "x".repeat(1 << 20));
        assert_eq!(parse(&long).unwrap().1.len(), 0);
    }

    #[test]
    fn no_text_makes_it_panic() {
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
