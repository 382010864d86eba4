//! `[discovery]`: sources of URLs other than links, and the sitemaps in robots.txt.

use serde::{Deserialize, Serialize};
use url::Url;

/// `[discovery]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which sitemaps are read in addition to `sitemap_urls`.
    pub sitemaps: Sitemaps,
    /// Sitemaps and feeds to read. Like seeds, they add their hosts to the scope.
    pub sitemap_urls: Vec<Url>,
    /// Maximum depth of nested sitemap indexes.
    pub sitemap_depth: u8,
    /// Sitemap entries last changed before this day (2026, 2026-01 or 2026-01-31) are skipped; empty: none. Entries without
    /// a date are always read.
    pub sitemap_since: String,
    /// True: the default handler follows the entries of RSS and Atom feeds.
    pub feeds: bool,
    /// Relations (`rel`) of `<link>` elements that the default handler follows, such as `next` or `alternate`.
    pub relations: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sitemaps: Sitemaps::default(),
            sitemap_urls: Vec::new(),
            sitemap_depth: 3,
            sitemap_since: String::new(),
            feeds: true,
            relations: Vec::new(),
        }
    }
}

impl Config {
    /// Returns true if `sitemap_since` is empty or a day, month or year.
    pub(crate) fn has_day(&self) -> bool {
        let since = self.sitemap_since.as_bytes();
        let fits =
            |(index, byte): (usize, &u8)| if matches!(index, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() };
        matches!(since.len(), 0 | 4 | 7 | 10) && since.iter().enumerate().all(fits)
    }

    /// Returns true if a sitemap entry is older than `sitemap_since`.
    pub(crate) fn is_old(&self, lastmod: Option<&str>) -> bool {
        // W3C dates are compared as texts, up to the length of the shorter one.
        lastmod.is_some_and(|lastmod| lastmod < self.sitemap_since.get(..lastmod.len()).unwrap_or(&self.sitemap_since))
    }
}

/// `discovery.sitemaps`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sitemaps {
    /// Do not read sitemaps.
    #[default]
    Off,
    /// Read the sitemaps in the robots.txt of each host in scope, also those on other hosts.
    Robots,
}
