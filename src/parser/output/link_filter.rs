//! From links to what the frontier is asked about: resolved, in scope, once per page. About a hundred links a page pass
//! here, so what they have in common is worked out once.

use std::sync::Arc;

use hashbrown::HashSet;
use url::{Position, Url};

use crate::{
    frontier::scope::{Refusal, Scope},
    http::request::{MAX_REQUEST_BODY, Request, fingerprint::Fingerprint},
    keys::{HostKey, UrlKey},
    messages::lease::{Assignment, Outlink, PageFindings},
    parser::{Page, RobotsDirectivePolicy},
};

/// Hosts whose keys are remembered: most links of a page lead to one or two.
const HOSTS: usize = 4;

/// Lets the requests of one page through, or says why not.
#[derive(Debug)]
pub(crate) struct LinkFilter {
    scope: Arc<Scope>,
    /// Of the requests.
    depth: u16,
    /// Of the page.
    hops: u8,
    max_links: usize,
    /// Names the page.
    asker: u64,
    /// Scheme, host and port as they are written, and the key; the oldest is replaced first.
    hosts: Vec<(String, HostKey)>,
    next_host: usize,
    /// Keys of the outlinks, so as many at most.
    seen: HashSet<UrlKey>,
    /// At most `max_links` outlinks, and as many notes.
    found: PageFindings,
}

impl LinkFilter {
    /// The door of the page that was lent so.
    pub(crate) fn new(assignment: &Assignment, max_links: usize) -> Self {
        let depth = assignment.request.depth_value().saturating_add(1);
        let mut door = Self::of(assignment.scope.clone(), depth, assignment.request.hops(), max_links);
        door.asker = assignment.lease_id.url.url;
        // A link to the page itself is a repeat, wherever the scope ends.
        door.seen.insert(assignment.lease_id.url);
        door
    }

    /// A door to requests of this depth, found on a page `hops` links out of scope.
    pub(crate) fn of(scope: Arc<Scope>, depth: u16, hops: u8, max_links: usize) -> Self {
        Self {
            scope,
            depth,
            hops,
            max_links,
            asker: 0,
            hosts: Vec::new(),
            next_host: 0,
            seen: HashSet::new(),
            found: PageFindings::default(),
        }
    }

    /// Offers a request of a handler's making.
    pub(crate) fn offer(&mut self, request: Request) {
        if request.body().len() > MAX_REQUEST_BODY {
            return self.refuse(Refusal::Body);
        }
        if self.found.outlinks.len() >= self.max_links {
            return self.refuse(Refusal::MaxLinks);
        }
        let request = self.scope.rewritten(request).asked_by(self.asker);
        let key = UrlKey { host: self.host_key(request.url()), url: Fingerprint::of(&request).low() };
        // Another visit is no repeat, not even of the page itself.
        let once = request.to_revisit().map_or(key, |again| UrlKey::of(&again));
        if self.seen.contains(&once) {
            self.found.repeats += 1;
            return;
        }
        let hops = match self.scope.admits_request(&request, self.depth, self.hops) {
            Ok(hops) => hops,
            Err(Refusal::Depth) => {
                self.note(key, Refusal::Depth);
                return self.refuse(Refusal::Depth);
            }
            Err(reason) => return self.refuse(reason),
        };
        self.seen.insert(once);
        let request = request.depth(self.depth).with_hops(hops);
        self.found.outlinks.push(Outlink { key, request });
    }

    /// Offers every `a[href]` and `area[href]` of a page that may be followed.
    pub(crate) fn offer_links(&mut self, page: &Page, manners: &RobotsDirectivePolicy) {
        let scan = page.scan();
        let expected = scan.links().len().min(self.max_links);
        self.found.outlinks.reserve(expected);
        self.seen.reserve(expected);
        let mut written = HashSet::with_capacity(scan.links().len());
        for link in scan.links() {
            let href = without_fragment(link.href);
            if !manners.may_follow(link.rel) {
                self.refuse(Refusal::Nofollow);
                self.note_nofollow(page, href);
            } else if !written.insert(href) {
                self.found.repeats += 1;
            } else if has_other_scheme(href) {
                self.refuse(Refusal::Scheme);
            } else if self.found.outlinks.len() >= self.max_links {
                self.refuse(Refusal::MaxLinks);
            } else {
                match page.join(href) {
                    Ok(url) => self.offer(Request::get(url)),
                    Err(_) => self.refuse(Refusal::NoUrl),
                }
            }
        }
        self.found.refused.add(Refusal::MaxLinks, scan.left_out());
    }

    /// Counts every link of a page that wants none of them followed.
    pub(crate) fn refuse_links(&mut self, page: &Page) {
        let scan = page.scan();
        self.found.refused.add(Refusal::Nofollow, scan.links().len() as u64 + scan.left_out());
        scan.links().for_each(|link| self.note_nofollow(page, without_fragment(link.href)));
    }

    /// Notes down a link that is not to be followed, and would be otherwise.
    fn note_nofollow(&mut self, page: &Page, href: &str) {
        if has_other_scheme(href) {
            return;
        }
        let Ok(url) = page.join(href) else { return };
        let request = self.scope.rewritten(Request::get(url));
        if self.scope.admits_request(&request, self.depth, self.hops).is_ok() {
            let key = UrlKey { host: self.host_key(request.url()), url: Fingerprint::of(&request).low() };
            self.note(key, Refusal::Nofollow);
        }
    }

    fn note(&mut self, key: UrlKey, reason: Refusal) {
        if self.found.refused_links.len() < self.max_links {
            self.found.refused_links.push((key, reason));
        }
    }

    /// Counts a page that is not kept because it asks for that.
    pub(crate) fn pass_over_page(&mut self) {
        self.found.noindex += 1;
    }

    /// Counts what is no request.
    pub(crate) fn refuse(&mut self, reason: Refusal) {
        self.found.refused.count(reason);
    }

    /// What came through so far.
    pub(crate) fn found(&self) -> &PageFindings {
        &self.found
    }

    /// What came through.
    pub(crate) fn into_found(self) -> PageFindings {
        self.found
    }

    /// Looking up a host's registrable domain costs more than all else here.
    fn host_key(&mut self, url: &Url) -> HostKey {
        let written = &url[..Position::BeforePath];
        if let Some((_, key)) = self.hosts.iter().find(|(host, _)| host == written) {
            return *key;
        }
        let entry = (written.to_owned(), HostKey::of(url));
        let key = entry.1;
        match self.hosts.get_mut(self.next_host) {
            Some(oldest) => *oldest = entry,
            None => self.hosts.push(entry),
        }
        self.next_host = (self.next_host + 1) % HOSTS;
        key
    }
}

/// Without what surrounds it (URL standard: C0 controls and blanks) and without its fragment.
fn without_fragment(href: &str) -> &str {
    let href = href.split('#').next().unwrap_or_default();
    href.trim_matches(|character: char| character <= ' ')
}

/// Whether `href` is absolute with a scheme that is neither http nor https, as far as that is plain to see.
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
mod tests {
    use super::*;
    use crate::frontier::scope::{Config, ScopeKind};

    fn door(config: Config, max_links: usize) -> LinkFilter {
        let mut scope = Scope::new(config).unwrap();
        scope.add_seed(&"http://a.example/".parse().unwrap());
        LinkFilter::of(Arc::new(scope), 3, 0, max_links)
    }

    fn page(html: &str) -> Page {
        Page::for_test("http://a.example/d/p".parse().unwrap(), "text/html", html.to_owned())
    }

    fn outlinks(found: &PageFindings) -> Vec<&str> {
        found.outlinks.iter().map(|outlink| outlink.request.url().as_str()).collect()
    }

    #[test]
    fn links_pass_once_in_scope_and_canonical() {
        let mut door = door(Config::default(), 100);
        door.offer_links(
            &page(
                "<a href=x#1><a href=' x '><a href=/d/%78><a href=//b.example/><a href=mailto:q@a.example><a href=JAVASCRIPT:x>\
             <a href='java\nscript:1'><a href=http://[bad><a href='//a.example:80/y?#'><area href='http:z'><a href='1a:b'>",
            ),
            &RobotsDirectivePolicy::default(),
        );
        let found = door.into_found();
        let expected =
            ["http://a.example/d/x", "http://a.example/y?", "http://a.example/d/z", "http://a.example/d/1a:b"];
        assert_eq!(outlinks(&found), expected);
        assert_eq!(found.repeats, 2);
        let refused: Vec<_> = found.refused.iter().collect();
        assert_eq!(refused, [(Refusal::Scheme, 3), (Refusal::Scope, 1), (Refusal::NoUrl, 1)]);
        let first = &found.outlinks[0];
        assert_eq!((first.key, first.request.depth_value()), (UrlKey::of(&first.request), 3));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut small = door(Config { kind: ScopeKind::Any, ..Config::default() }, 2);
        small.offer_links(&page("<a href=1><a href=2><a href=3><a href=4>"), &RobotsDirectivePolicy::default());
        small.offer(Request::get("http://b.example/".parse().unwrap()));
        small.offer(Request::post("http://b.example/".parse().unwrap()).raw_body(vec![0; MAX_REQUEST_BODY + 1]));
        let found = small.into_found();
        assert_eq!(found.outlinks.len(), 2);
        assert_eq!(found.refused.iter().collect::<Vec<_>>(), [(Refusal::MaxLinks, 3), (Refusal::Body, 1)]);
    }

    #[test]
    fn hosts_are_remembered_rightly() {
        let mut door = door(Config { kind: ScopeKind::Any, ..Config::default() }, 1000);
        for round in 0..3 {
            for host in ["a.example", "b.example:81", "c.example", "d.co.uk", "[::1]", "10.0.0.1"] {
                door.offer(Request::get(format!("http://{host}/{round}").parse().unwrap()));
            }
        }
        let found = door.into_found();
        assert_eq!(found.outlinks.len(), 18);
        assert!(found.outlinks.iter().all(|outlink| outlink.key == UrlKey::of(&outlink.request)));
    }
}
