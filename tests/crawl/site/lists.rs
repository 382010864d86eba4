//! Sitemaps and feeds.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::answer::Reply;

/// Returns a sitemap of `count` pages: `/listed/FIRST` and following.
pub(super) fn pages(first: u64, count: u64) -> String {
    let page = |number: u64| {
        let day = number % 28 + 1;
        format!("<url><loc>/listed/{number}</loc><lastmod>2026-01-{day:02}</lastmod><priority>1.0</priority></url>\n")
    };
    format!("<?xml version='1.0'?>\n<urlset>{}</urlset>", (first..first + count).map(page).collect::<String>())
}

/// Returns a sitemap index of two pages and the index of the next level. There is always a next level.
pub(super) fn index(level: u64) -> Reply {
    let (next, first) = (level + 1, level * 10);
    Reply::new(
        200,
        "text/xml",
        format!(
            "<sitemapindex><sitemap><loc>/sitemap/index/{next}</loc></sitemap>\
             <sitemap><loc>/sitemap/pages?first={first}&amp;n=2</loc></sitemap></sitemapindex>"
        ),
    )
}

/// Returns a feed of `count` pages: `/listed/FIRST` and following.
pub(super) fn feed(first: u64, count: u64) -> Reply {
    let item = |number| format!("<item><link>/listed/{number}</link></item>");
    let items: String = (first..first + count).map(item).collect();
    Reply::new(200, "application/rss+xml", format!("<rss><channel><link>/</link>{items}</channel></rss>"))
}

/// Returns a file compressed with gzip.
pub(super) fn packed(text: &str) -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    Reply::new(200, "application/gzip", encoder.finish().unwrap())
}
