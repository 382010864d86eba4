//! Sitemaps that are plain text: one URL a line.

use url::Url;

use super::{Sitemap, SitemapKind};

/// The URLs of a text; none where no line is one.
pub(super) fn lines(text: &str, url: &Url) -> Option<Sitemap> {
    let mut sitemap = Sitemap::new(SitemapKind::Text);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Relative URLs are words here.
        if line.contains("://") || line.starts_with("www.") {
            sitemap.push(line, url);
        } else {
            sitemap.left_out += 1;
        }
    }
    (!sitemap.entries.is_empty()).then_some(sitemap)
}
