//! The links of a page that robots directives forbid to follow, by URL.
//!
//! A handler that has only the URL of a link, such as from [`Page::link`], obeys them too.

use hashbrown::HashSet;
use url::Url;

use crate::{
    http::request::{Request, fingerprint::Fingerprint},
    parser::{Page, RobotsDirectivePolicy},
};

/// URLs to which a page only has links that forbid to follow them.
#[derive(Debug, Default)]
pub(super) struct NofollowUrls(HashSet<Fingerprint>);

impl NofollowUrls {
    /// Collects the URLs of a page. Most pages have none.
    pub(super) fn from_page(page: &Page, policy: &RobotsDirectivePolicy) -> Self {
        let scan = page.scan();
        let key = |href: &str| page.join(href).ok().map(|url| key(&url));
        let relations = scan.relations().map(|(rel, href)| (href, rel));
        let forbidden = scan.links().map(|link| (link.href, link.rel)).chain(relations);
        let mut urls: HashSet<_> =
            forbidden.filter(|(_, rel)| !policy.may_follow(rel)).filter_map(|(href, _)| key(href)).collect();
        if !urls.is_empty() {
            for link in scan.links().filter(|link| policy.may_follow(link.rel)) {
                key(link.href).map(|allowed| urls.remove(&allowed));
            }
        }
        Self(urls)
    }

    /// Returns true if no link may be followed to `url`.
    pub(super) fn contains(&self, url: &Url) -> bool {
        !self.0.is_empty() && self.0.contains(&key(url))
    }
}

fn key(url: &Url) -> Fingerprint {
    Fingerprint::from_request(&Request::get(url.clone()))
}
