//! Pages that are lists of pages.

use super::{Page, charset::Charset};
use crate::{
    http::coding::gunzip,
    sitemap::{MAX_TEXT, Sitemap},
};

/// How often a file may be packed: once as a file, and once by a server that packs what is packed.
const MAX_PACKED: usize = 2;

impl Page {
    /// What a sitemap or a feed (RSS, Atom) lists; none when the page is neither. The file may be gzip.
    ///
    /// ```
    /// # use lycosa::Page;
    /// let feed = "<rss><channel><item><link>/news/1</link></item></channel></rss>";
    /// let page = Page::for_test("http://a.example/feed".parse().unwrap(), "application/rss+xml", feed);
    /// assert_eq!(page.sitemap().unwrap().entries()[0].url().path(), "/news/1");
    /// ```
    #[must_use]
    pub fn sitemap(&self) -> Option<Sitemap> {
        let mut file = self.body().clone();
        let mut packed = 0;
        while packed < MAX_PACKED
            && let Some(content) = gunzip(&file, MAX_TEXT)
        {
            file = content;
            packed += 1;
        }
        if packed == 0 {
            return Sitemap::parse(self.body_text(), self.url());
        }
        // The media type is that of the packed file.
        let host = self.url().host_str().unwrap_or_default();
        Sitemap::parse(&Charset::of(&file, None, host).text(&file), self.url())
    }
}
