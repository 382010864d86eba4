//! The output of a handler: records, and requests to follow.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`Output`]: collects records and requests |
//! | `follow` | [`Output::follow`] and what it accepts |
//! | `link_filter` | lets links through that are in scope, once each |
//! | `nofollow` | URLs that no link of the page may lead to |
//! | `robots_directives` | what pages ask of robots, and whether it is obeyed |

pub(crate) mod follow;
pub(crate) mod link_filter;
mod nofollow;
pub(crate) mod robots_directives;

use std::{cell::OnceCell, fmt, io, sync::Arc};

use serde::Serialize;
use serde_json::Value;
use url::Url;

use self::{link_filter::LinkFilter, nofollow::NofollowUrls};
use super::{Page, RobotsDirectivePolicy};
use crate::{
    frontier::scope::{self, Refusal, Scope},
    http::request::{Request, anonymous},
    messages::lease::PageFindings,
    robots::Directives,
    urls::resolve::resolve,
};

/// Maximum number of records of one page. A short record needs far more memory than its text.
const MAX_RECORDS: usize = 200_000;

/// Collects the output of a handler. It counts if the handler returns `Ok`; otherwise it is discarded.
pub struct Output {
    pub(super) links: LinkFilter,
    base: Base,
    robots_policy: RobotsDirectivePolicy,
    /// Directives of the page that the crawl obeys; computed on first use.
    directives: OnceCell<Directives>,
    /// URLs that links of the page forbid; computed on first use.
    nofollow: OnceCell<NofollowUrls>,
    /// Records as lines of JSON; at most [`MAX_RECORDS`].
    records: Vec<Box<[u8]>>,
    /// Number of bytes left for records.
    bytes_left: usize,
    /// First error of a record. It rejects the page.
    error: Option<String>,
}

/// Output of a page: findings, and records as lines of JSON.
pub(super) type PageOutput = (PageFindings, Vec<Box<[u8]>>);

/// Base of relative URLs.
pub(super) enum Base {
    Page(Page),
    Url(Url),
}

impl Output {
    pub(super) fn new(base: Base, links: LinkFilter, robots_policy: RobotsDirectivePolicy, max_output: usize) -> Self {
        Self {
            links,
            base,
            robots_policy,
            directives: OnceCell::new(),
            nofollow: OnceCell::new(),
            records: Vec::new(),
            bytes_left: max_output,
            error: None,
        }
    }

    /// Creates an output for tests of handlers. Every URL is in scope.
    #[must_use]
    pub fn for_test(page: &Page) -> Self {
        let config = scope::Config { kind: scope::ScopeKind::Any, ..scope::Config::default() };
        // A scope can only fail because of its patterns.
        let Ok(scope) = Scope::new(config) else { unreachable!("a scope without patterns") };
        let limits = super::Config::default();
        let depth = page.depth().saturating_add(1);
        Self::new(
            Base::Page(page.clone()),
            LinkFilter::with_scope(Arc::new(scope), depth, 0, &limits),
            RobotsDirectivePolicy::default(),
            limits.max_output.len(),
        )
    }

    /// Emits a record: any value that serializes to JSON.
    ///
    /// If a record does not serialize, or all records of the page exceed `parser.max_output`, the page is rejected.
    pub fn record(&mut self, record: impl Serialize) {
        if self.error.is_some() {
            return;
        }
        match self.line(&record) {
            Ok(line) => {
                self.bytes_left -= line.len();
                self.records.push(line);
            }
            Err(message) => self.error = Some(message),
        }
    }

    /// Follows every `a[href]` and `area[href]` of the page that is in scope and not forbidden by robots directives, and
    /// with `parser.frames = "follow"` every frame.
    pub fn follow_links(&mut self) {
        let is_forbidden = self.directives().nofollow;
        match &self.base {
            Base::Page(page) if is_forbidden => self.links.refuse_links(page),
            Base::Page(page) => self.links.offer_links(page, &self.robots_policy),
            Base::Url(_) => {}
        }
    }

    /// Emits a request, for more than a link: another method, a form, headers. `nofollow` does not apply to it, not even if
    /// the page has a link to its URL.
    pub fn request(&mut self, request: Request) {
        self.links.offer(request);
    }

    /// Emits a record, unless the page's robots directives say `noindex`: then that is counted.
    pub(super) fn record_unless_noindex(&mut self, record: impl Serialize) {
        if self.directives().noindex {
            return self.links.count_noindex();
        }
        self.record(record);
    }

    /// Returns the filter for the entries of a list, which are as deep as the list itself.
    pub(super) fn list_entries(&mut self, page: &Page) -> &mut LinkFilter {
        self.links.set_list(page.depth());
        &mut self.links
    }

    /// Returns the records emitted so far.
    pub fn records(&self) -> impl Iterator<Item = Value> {
        self.records.iter().map(|line| serde_json::from_slice(line).unwrap_or(Value::Null))
    }

    /// Returns the requests emitted so far that are in scope, each once.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.links.findings().outlinks.iter().map(|outlink| &outlink.request)
    }

    /// Returns the whole output, or the first error of a record.
    pub(super) fn finish(self) -> Result<PageOutput, String> {
        match self.error {
            Some(message) => Err(message),
            None => Ok((self.links.into_findings(), self.records)),
        }
    }

    /// Resolves a text as a URL. One that is not valid is counted.
    pub(super) fn resolve(&mut self, href: &str) -> Option<Url> {
        let joined = match &self.base {
            Base::Page(page) => page.join(href),
            Base::Url(url) => resolve(url, href).map(anonymous),
        };
        if joined.is_err() {
            self.links.refuse(Refusal::NoUrl);
        }
        joined.ok()
    }

    /// Resolves an `href` unless its `rel` forbids to follow it. Both failures are counted.
    pub(super) fn resolve_link(&mut self, href: &str, rel: &str) -> Option<Url> {
        if !self.robots_policy.may_follow(rel) {
            self.links.refuse(Refusal::Nofollow);
            return None;
        }
        self.resolve(href)
    }

    pub(super) fn directives(&self) -> Directives {
        *self.directives.get_or_init(|| match &self.base {
            Base::Page(page) => self.robots_policy.directives(page),
            Base::Url(_) => Directives::default(),
        })
    }

    /// Returns true if robots directives, of the page or of its links, forbid to follow links to `url`.
    pub(super) fn is_nofollow(&self, url: &Url) -> bool {
        let urls = || match &self.base {
            Base::Page(page) => NofollowUrls::from_page(page, &self.robots_policy),
            Base::Url(_) => NofollowUrls::default(),
        };
        self.directives().nofollow || self.nofollow.get_or_init(urls).contains(url)
    }

    fn line(&self, record: &impl Serialize) -> Result<Box<[u8]>, String> {
        if self.records.len() >= MAX_RECORDS {
            return Err(format!("too many records: a page may have at most {MAX_RECORDS}"));
        }
        let mut line = Bounded { bytes: Vec::with_capacity(128), limit: self.bytes_left };
        match serde_json::to_writer(&mut line, record) {
            Ok(()) => {}
            Err(error) if error.is_io() => return Err("records exceed `parser.max_output`".to_owned()),
            Err(error) => return Err(format!("cannot serialize record {}: {error}", self.records.len())),
        }
        one_line(line.bytes).map(Vec::into_boxed_slice).map_err(|error| error.to_string())
    }
}

/// Puts JSON on one line. Raw JSON of a handler may contain line breaks.
fn one_line(json: Vec<u8>) -> serde_json::Result<Vec<u8>> {
    if memchr::memchr2(b'\n', b'\r', &json).is_none() {
        return Ok(json);
    }
    serde_json::to_vec(&serde_json::from_slice::<Value>(&json)?)
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (records, requests) = (self.records.len(), self.links.findings().outlinks.len());
        formatter.debug_struct("Output").field("records", &records).field("requests", &requests).finish_non_exhaustive()
    }
}

/// Writer with a limit.
struct Bounded {
    bytes: Vec<u8>,
    /// Maximum length of `bytes`.
    limit: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit - self.bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
