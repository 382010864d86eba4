//! Sitemaps that are plain text: one URL per line.

use url::Url;

use super::{Sitemap, SitemapKind};

/// Parses the lines of a text. `None` if no line is a URL.
pub(super) fn parse(text: &str, url: &Url) -> Option<Sitemap> {
    let mut sitemap = Sitemap::new(SitemapKind::Text);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // A relative URL would be any word.
        if line.contains("://") || line.starts_with("www.") {
            sitemap.push(line, url);
        } else {
            sitemap.left_out += 1;
        }
    }
    (!sitemap.entries.is_empty()).then_some(sitemap)
}
