//! `[discovery]`: where URLs come from beside the links of pages, and the sitemaps that a robots.txt names.

use serde::{Deserialize, Serialize};
use url::Url;

/// `[discovery]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which sitemaps are read beside `sitemap_urls`.
    pub sitemaps: Sitemaps,
    /// Sitemaps and feeds to read; their hosts are in scope, as a seed's is.
    pub sitemap_urls: Vec<Url>,
    /// Indexes within indexes, at most.
    pub sitemap_depth: u8,
    /// Entries of sitemaps that were changed before this day (2026, 2026-01 or 2026-01-31) are passed over; "" = none are,
    /// and none that does not say when.
    pub sitemap_since: String,
    /// Whether the default handler follows the entries of RSS and Atom feeds.
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
    /// Whether `sitemap_since` is a day, or what it may be otherwise.
    pub(crate) fn has_day(&self) -> bool {
        let since = self.sitemap_since.as_bytes();
        let fits =
            |(index, byte): (usize, &u8)| if matches!(index, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() };
        matches!(since.len(), 0 | 4 | 7 | 10) && since.iter().enumerate().all(fits)
    }

    /// Whether an entry of a sitemap is too old.
    pub(crate) fn is_old(&self, lastmod: Option<&str>) -> bool {
        // Dates of W3C are compared as texts: as much of them as both have.
        lastmod.is_some_and(|lastmod| lastmod < self.sitemap_since.get(..lastmod.len()).unwrap_or(&self.sitemap_since))
    }
}

/// `discovery.sitemaps`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sitemaps {
    /// None.
    #[default]
    Off,
    /// Those that the robots.txt of a host names.
    Robots,
}
