//! `[discovery]`: where URLs come from beside the links of pages, and the sitemaps that a robots.txt names.

use serde::{Deserialize, Serialize};
use url::Url;

use super::Frontier;
use crate::{canonical::UrlKey, request::Request, robots::Robots, time::Now};

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
    /// Whether the default handler follows the entries of RSS and Atom feeds.
    pub feeds: bool,
    /// Relations (`rel`) of `<link>` elements that the default handler follows, such as `next` or `alternate`.
    pub relations: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        let (sitemaps, sitemap_urls, relations) = Default::default();
        Self { sitemaps, sitemap_urls, sitemap_depth: 3, feeds: true, relations }
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

impl Frontier {
    /// Takes in the sitemaps that a host's robots.txt names, as far as they belong to the crawl.
    pub(super) fn offer_sitemaps(&mut self, slot: usize, robots: &Robots, now: Now) {
        match self.config.sitemaps {
            Sitemaps::Off => return,
            Sitemaps::Robots => {}
        }
        let Some(root) = self.hosts.get(slot).map(|host| host.root.clone()) else { return };
        // Some files name them by relative URLs.
        for url in robots.sitemaps().iter().filter_map(|written| root.join(written).ok()) {
            match self.scope.admits_sitemap(&url) {
                Ok(()) => {
                    let request = Request::sitemap(url);
                    self.offer(UrlKey::of(&request), request, now);
                }
                Err(reason) => self.refuse(reason),
            }
        }
    }
}
