//! Turns the links of a page into outlinks: resolved, in scope, once each.
//!
//! About a hundred links per page pass here, so everything they have in common is computed once.

use std::sync::Arc;

use hashbrown::HashSet;
use url::{Position, Url};

use crate::{
    frontier::scope::{Refusal, Scope},
    http::request::{MAX_REQUEST_BODY, Request, fingerprint::Fingerprint},
    keys::{HostKey, UrlKey},
    messages::lease::{Assignment, Outlink, PageFindings},
    parser::{
        Page, RobotsDirectivePolicy,
        config::{AtFrame, Config},
        page::scan::Found,
    },
    sitemap::MAX_ENTRIES,
};

/// Number of hosts whose keys are cached. Most links of a page lead to one or two hosts.
const CACHED_HOSTS: usize = 4;

/// Decides which requests of one page become outlinks, and counts the others by reason.
#[derive(Debug)]
pub(crate) struct LinkFilter {
    scope: Arc<Scope>,
    /// Depth of the requests.
    depth: u16,
    /// Number of links from the last page in scope to this page.
    hops: u8,
    max_links: usize,
    /// `parser.frames`
    frames: AtFrame,
    /// Key of the page.
    parent: u64,
    /// Scheme, host and port as written, with the host's key. The oldest entry is replaced first.
    hosts: Vec<(String, HostKey)>,
    next_host: usize,
    /// Keys of the outlinks; at most `max_links`.
    seen: HashSet<UrlKey>,
    /// Result: at most `max_links` outlinks, and as many refused links.
    findings: PageFindings,
}

impl LinkFilter {
    /// Creates the filter of the page with this assignment.
    pub(crate) fn new(assignment: &Assignment, config: &Config) -> Self {
        let depth = assignment.request.depth_value().saturating_add(1);
        let mut filter = Self::with_scope(assignment.scope.clone(), depth, assignment.request.hops(), config);
        filter.parent = assignment.lease_id.url.url;
        // A link to the page itself counts as a repeat, also when the page is out of scope.
        filter.seen.insert(assignment.lease_id.url);
        filter
    }

    /// Creates a filter for requests of this depth, found on a page `hops` links out of scope.
    pub(crate) fn with_scope(scope: Arc<Scope>, depth: u16, hops: u8, config: &Config) -> Self {
        Self {
            scope,
            depth,
            hops,
            max_links: config.max_links,
            frames: config.frames,
            parent: 0,
            hosts: Vec::new(),
            next_host: 0,
            seen: HashSet::new(),
            findings: PageFindings::default(),
        }
    }

    /// Makes this a filter for the entries of a sitemap or feed at `depth`. Must be called before anything is offered.
    ///
    /// Entries are as deep as the list, there may be more of them than links, and the list itself may be one of them.
    pub(crate) fn set_list(&mut self, depth: u16) {
        (self.depth, self.max_links, self.parent) = (depth, MAX_ENTRIES, 0);
        self.seen.clear();
    }

    /// Offers a request of a handler.
    pub(crate) fn offer(&mut self, request: Request) {
        if request.body().len() > MAX_REQUEST_BODY {
            return self.refuse(Refusal::Body);
        }
        if self.findings.outlinks.len() >= self.max_links {
            return self.refuse(Refusal::MaxLinks);
        }
        let request = self.scope.rewritten(request).asked_by(self.parent);
        let key = UrlKey { host: self.host_key(request.url()), url: Fingerprint::from_request(&request).low() };
        // A revisit is not a repeat, not even one of the page itself.
        let unique = request.to_revisit().map_or(key, |again| UrlKey::from_request(&again));
        if self.seen.contains(&unique) {
            self.findings.repeats += 1;
            return;
        }
        let hops = match self.scope.admits_request(&request, self.depth, self.hops) {
            Ok(hops) => hops,
            Err(Refusal::Depth) => {
                self.record_refused(key, Refusal::Depth);
                return self.refuse(Refusal::Depth);
            }
            Err(reason) => return self.refuse(reason),
        };
        self.seen.insert(unique);
        let request = request.depth(self.depth).with_hops(hops);
        self.findings.outlinks.push(Outlink { key, request });
    }

    /// Offers every link and frame of a page that may be followed.
    pub(crate) fn offer_links(&mut self, page: &Page, policy: &RobotsDirectivePolicy) {
        let scan = page.scan();
        let expected = scan.links().len().min(self.max_links);
        self.findings.outlinks.reserve(expected);
        self.seen.reserve(expected);
        let mut hrefs = HashSet::with_capacity(scan.links().len());
        for link in scan.links().chain(self.frames_of(page)) {
            let href = without_fragment(link.href);
            if !policy.may_follow(link.rel) {
                self.refuse(Refusal::Nofollow);
                self.record_nofollow(page, href);
            } else if !hrefs.insert(href) {
                self.findings.repeats += 1;
            } else if has_other_scheme(href) {
                self.refuse(Refusal::Scheme);
            } else if self.findings.outlinks.len() >= self.max_links {
                self.refuse(Refusal::MaxLinks);
            } else {
                match page.join(href) {
                    Ok(url) => self.offer(Request::get(url)),
                    Err(_) => self.refuse(Refusal::NoUrl),
                }
            }
        }
        self.findings.refused.add(Refusal::MaxLinks, scan.left_out());
    }

    /// Returns the frames of a page, unless they are ignored.
    fn frames_of<'p>(&self, page: &'p Page) -> impl Iterator<Item = Found<'p>> + use<'p> {
        let frames = (self.frames == AtFrame::Follow).then(|| page.scan().frames());
        frames.into_iter().flatten()
    }

    /// Counts every link and frame of a page with `nofollow`.
    pub(crate) fn refuse_links(&mut self, page: &Page) {
        let scan = page.scan();
        self.findings.refused.add(Refusal::Nofollow, scan.left_out());
        for link in scan.links().chain(self.frames_of(page)) {
            self.refuse(Refusal::Nofollow);
            self.record_nofollow(page, without_fragment(link.href));
        }
    }

    /// Records a `nofollow` link that would be followed otherwise, for `lycosa explain`.
    fn record_nofollow(&mut self, page: &Page, href: &str) {
        if has_other_scheme(href) {
            return;
        }
        let Ok(url) = page.join(href) else { return };
        let request = self.scope.rewritten(Request::get(url));
        if self.scope.admits_request(&request, self.depth, self.hops).is_ok() {
            let key = UrlKey { host: self.host_key(request.url()), url: Fingerprint::from_request(&request).low() };
            self.record_refused(key, Refusal::Nofollow);
        }
    }

    fn record_refused(&mut self, key: UrlKey, reason: Refusal) {
        if self.findings.refused_links.len() < self.max_links {
            self.findings.refused_links.push((key, reason));
        }
    }

    /// Counts a page without a record because of `noindex`.
    pub(crate) fn count_noindex(&mut self) {
        self.findings.noindex += 1;
    }

    /// Counts a link that does not become a request.
    pub(crate) fn refuse(&mut self, reason: Refusal) {
        self.findings.refused.count(reason);
    }

    /// Returns the findings so far.
    pub(crate) fn findings(&self) -> &PageFindings {
        &self.findings
    }

    /// Returns the findings.
    pub(crate) fn into_findings(self) -> PageFindings {
        self.findings
    }

    /// Returns the key of a host. The cache is here because finding the registrable domain costs more than all other
    /// steps.
    fn host_key(&mut self, url: &Url) -> HostKey {
        let written = &url[..Position::BeforePath];
        if let Some((_, key)) = self.hosts.iter().find(|(host, _)| host == written) {
            return *key;
        }
        let entry = (written.to_owned(), HostKey::from_url(url));
        let key = entry.1;
        match self.hosts.get_mut(self.next_host) {
            Some(oldest) => *oldest = entry,
            None => self.hosts.push(entry),
        }
        self.next_host = (self.next_host + 1) % CACHED_HOSTS;
        key
    }
}

/// Removes the fragment, and surrounding spaces and C0 controls (URL standard).
fn without_fragment(href: &str) -> &str {
    let href = href.split('#').next().unwrap_or_default();
    href.trim_matches(|character: char| character <= ' ')
}

/// Returns true if `href` obviously has another scheme than http and https.
fn has_other_scheme(href: &str) -> bool {
    if !href.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return false;
    }
    let in_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = href.bytes().take_while(in_scheme).count();
    match href.split_at_checked(length) {
        Some((scheme, rest)) if rest.starts_with(':') => {
            !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https")
        }
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests;
