//! Sitemaps that are plain text: one URL per line.

use url::Url;

use super::{Sitemap, SitemapKind};
use crate::base::text::trim_invisible;

/// Parses the lines of a text. `None` if no line is a URL.
pub(super) fn parse(text: &str, url: &Url) -> Option<Sitemap> {
    let mut sitemap = Sitemap::new(SitemapKind::Text);
    let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    for line in lines.map(trim_invisible).filter(|line| !line.is_empty()) {
        // A relative URL would be any word.
        if line.contains("://") || line.starts_with("www.") {
            sitemap.push(line, url, url);
        } else {
            sitemap.left_out += 1;
        }
    }
    (!sitemap.entries.is_empty()).then_some(sitemap)
}
