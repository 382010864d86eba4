//! Parsing of sitemaps and feeds: [`Sitemap::parse`].

use url::Url;

use super::{MAX_TEXT, Sitemap, text, xml_list};
use crate::base::text::{is_invisible, prefix};

impl Sitemap {
    /// Parses a text from `url`. `None` if it is neither a sitemap nor a feed.
    ///
    /// At most 50 MiB are read and 50,000 entries kept. URLs over 2,048 bytes, or that are neither http nor https, are
    /// left out.
    #[must_use]
    pub fn parse(text: &str, url: &Url) -> Option<Self> {
        let text = prefix(text, MAX_TEXT).trim_start_matches(is_invisible);
        if text.starts_with('<') { xml_list::parse(text, url) } else { text::parse(text, url) }
    }
}
