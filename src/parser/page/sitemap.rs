//! Pages that are sitemaps or feeds.

use super::{Page, charset::Charset};
use crate::{
    http::coding::gunzip,
    sitemap::{MAX_TEXT, Sitemap},
};

/// Maximum number of gzip layers: the file itself, and one more by a server that compresses compressed files again.
const MAX_LAYERS: usize = 2;

impl Page {
    /// Parses the page as a sitemap or a feed (RSS, Atom). `None` if it is neither. The file may be compressed with gzip.
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
        let mut layers = 0;
        while layers < MAX_LAYERS
            && let Some(content) = gunzip(&file, MAX_TEXT)
        {
            file = content;
            layers += 1;
        }
        if layers == 0 {
            return Sitemap::parse(self.body_text(), self.url());
        }
        // The media type is that of the compressed file, so it says nothing about the encoding.
        let host = self.url().host_str().unwrap_or_default();
        Sitemap::parse(&Charset::detect(&file, None, host).text(&file), self.url())
    }
}
