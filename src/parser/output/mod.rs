//! What a handler puts out: records, and requests to follow.

pub(crate) mod follow;
pub(crate) mod link_filter;
pub(crate) mod robots_directives;

use std::{cell::OnceCell, fmt, io, sync::Arc};

use serde::Serialize;
use serde_json::Value;
use url::Url;

use self::{
    follow::{Follow, IntoLink},
    link_filter::LinkFilter,
};
use super::{Element, Link, Page, RobotsDirectivePolicy};
use crate::{
    frontier::scope::{self, Refusal, Scope},
    http::request::{Request, anonymous},
    messages::lease::PageFindings,
    robots::Directives,
};

/// Records of one page, at most: each costs more memory than its text.
const MAX_RECORDS: usize = 200_000;

/// Takes what a handler puts out. All of it counts if the handler returns `Ok`, nothing otherwise.
pub struct Output {
    door: LinkFilter,
    base: Base,
    manners: RobotsDirectivePolicy,
    /// What the page asks of robots, as far as it is done; found out when it matters.
    directives: OnceCell<Directives>,
    /// Each one line of JSON; at most [`MAX_RECORDS`], and `room` bytes more.
    records: Vec<Box<[u8]>>,
    /// Bytes that records may still take.
    room: usize,
    /// The first thing that went wrong; the page is rejected for it.
    error: Option<String>,
}

/// What a page gave: links, and records as lines of JSON.
pub(super) type PageOutput = (PageFindings, Vec<Box<[u8]>>);

/// What a relative URL is relative to.
pub(super) enum Base {
    Page(Page),
    Url(Url),
}

impl Output {
    pub(super) fn new(base: Base, door: LinkFilter, manners: RobotsDirectivePolicy, max_output: usize) -> Self {
        Self { door, base, manners, directives: OnceCell::new(), records: Vec::new(), room: max_output, error: None }
    }

    /// An output made up, for tests of handlers: everything is in scope.
    #[must_use]
    pub fn for_test(page: &Page) -> Self {
        let config = scope::Config { kind: scope::ScopeKind::Any, ..scope::Config::default() };
        // Without patterns no rule can be wrong.
        let Ok(scope) = Scope::new(config) else { unreachable!("a scope without patterns") };
        let limits = super::Config::default();
        let depth = page.depth().saturating_add(1);
        Self::new(
            Base::Page(page.clone()),
            LinkFilter::of(Arc::new(scope), depth, 0, limits.max_links),
            RobotsDirectivePolicy::default(),
            limits.max_output.len(),
        )
    }

    /// Puts out a record: anything that serialises, one JSON value.
    ///
    /// A record that does not serialise, or that is beyond `parser.max_output`, makes the page a rejected one.
    pub fn record(&mut self, record: impl Serialize) {
        if self.error.is_some() {
            return;
        }
        match self.line(&record) {
            Ok(line) => {
                self.room -= line.len();
                self.records.push(line);
            }
            Err(message) => self.error = Some(message),
        }
    }

    /// Follows a link: a `Url`, a text (relative to the page's base), a [`Link`], an [`Element`]'s `href`, or an `Option`
    /// of one; `None` is no link and nothing happens. User and password in a text are left out. Where it leads out of
    /// scope, or is not to be followed (a [`Link`] or an [`Element`] with `rel=nofollow`, any link of a page that says so),
    /// it is counted, not followed.
    pub fn follow(&mut self, link: impl IntoLink) -> Follow<'_> {
        let url = link.into_link(self);
        if url.is_some() && self.directives().nofollow {
            self.door.refuse(Refusal::Nofollow);
            return Follow::new(self, None);
        }
        Follow::new(self, url.map(Request::get))
    }

    /// Follows every `a[href]` and `area[href]` of the page that is in scope and may be followed, as a crawl without
    /// handlers does.
    pub fn follow_links(&mut self) {
        let is_forbidden = self.directives().nofollow;
        match &self.base {
            Base::Page(page) if is_forbidden => self.door.refuse_links(page),
            Base::Page(page) => self.door.offer_links(page, &self.manners),
            Base::Url(_) => {}
        }
    }

    /// Makes a request, for what is more than a link: another method, a form, headers. No wish of the page's about its
    /// links keeps it back.
    pub fn request(&mut self, request: Request) {
        self.door.offer(request);
    }

    /// Puts out a record, unless the page asks not to be kept (`noindex`): then that is counted.
    pub(super) fn record_if_welcome(&mut self, record: impl Serialize) {
        if self.directives().noindex {
            return self.door.pass_over_page();
        }
        self.record(record);
    }

    /// The records put out so far.
    pub fn records(&self) -> impl Iterator<Item = Value> {
        self.records.iter().map(|line| serde_json::from_slice(line).unwrap_or(Value::Null))
    }

    /// The requests put out so far: in scope, each once.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.door.found().outlinks.iter().map(|outlink| &outlink.request)
    }

    /// All of it, or what went wrong.
    pub(super) fn finish(self) -> Result<PageOutput, String> {
        match self.error {
            Some(message) => Err(message),
            None => Ok((self.door.into_found(), self.records)),
        }
    }

    /// The URL that a text means; one that is none is counted.
    pub(super) fn resolve(&mut self, href: &str) -> Option<Url> {
        let joined = match &self.base {
            Base::Page(page) => page.join(href),
            Base::Url(url) => url.join(href).map(anonymous),
        };
        if joined.is_err() {
            self.door.refuse(Refusal::NoUrl);
        }
        joined.ok()
    }

    /// The URL that an `href` means, unless its `rel` forbids to follow it; either is counted.
    fn resolve_link(&mut self, href: &str, rel: &str) -> Option<Url> {
        if !self.manners.may_follow(rel) {
            self.door.refuse(Refusal::Nofollow);
            return None;
        }
        self.resolve(href)
    }

    fn directives(&self) -> Directives {
        *self.directives.get_or_init(|| match &self.base {
            Base::Page(page) => self.manners.of(page),
            Base::Url(_) => Directives::default(),
        })
    }

    fn line(&self, record: &impl Serialize) -> Result<Box<[u8]>, String> {
        if self.records.len() >= MAX_RECORDS {
            return Err(format!("more than {MAX_RECORDS} records of one page"));
        }
        let mut line = Bounded { bytes: Vec::with_capacity(128), room: self.room };
        match serde_json::to_writer(&mut line, record) {
            Ok(()) => {}
            Err(error) if error.is_io() => return Err("more output than parser.max_output".to_owned()),
            Err(error) => return Err(format!("record {} does not serialise: {error}", self.records.len())),
        }
        one_line(line.bytes).map(Vec::into_boxed_slice).map_err(|error| error.to_string())
    }
}

/// Raw JSON of the user's may be spread over lines; what serde_json writes is not.
fn one_line(json: Vec<u8>) -> serde_json::Result<Vec<u8>> {
    if memchr::memchr2(b'\n', b'\r', &json).is_none() {
        return Ok(json);
    }
    serde_json::to_vec(&serde_json::from_slice::<Value>(&json)?)
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (records, requests) = (self.records.len(), self.door.found().outlinks.len());
        formatter.debug_struct("Output").field("records", &records).field("requests", &requests).finish_non_exhaustive()
    }
}

/// Refuses to hold more than there is room for.
struct Bounded {
    bytes: Vec<u8>,
    room: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.room - self.bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl IntoLink for Link<'_> {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        out.resolve_link(self.href(), self.rel())
    }
}

impl IntoLink for Element<'_> {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        out.resolve_link(self.attr("href")?, self.attr("rel").unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page() -> Page {
        let html = "<base href=/b/><a href=1 class=x>one</a><a href=2>two</a><a href=mailto:x>";
        Page::for_test("http://a.example/".parse().unwrap(), "text/html", html)
    }

    #[test]
    fn everything_that_is_a_link_is_followed() {
        let page = page();
        let mut out = Output::for_test(&page);
        out.follow(page.link("a.x")).label("first").priority(5).meta(&json!({"from": "b"}));
        out.follow("3#x");
        out.follow(page.links().nth(1));
        out.follow(page.select("a").next());
        out.follow(page.link("a.none")).label("nobody");
        out.follow(Some("/4".to_owned()));
        out.follow("http://[");
        let requests: Vec<_> = out.requests().map(|request| (request.url().path(), request.label_name())).collect();
        assert_eq!(requests, [("/b/1", Some(&"first".into())), ("/b/3", None), ("/b/2", None), ("/4", None)]);
        let first = out.requests().next().unwrap();
        assert_eq!((first.priority_value(), first.meta_value(), first.depth_value()), (5, json!({"from": "b"}), 1));
        out.follow_links();
        let (found, _) = out.finish().unwrap();
        assert_eq!((found.outlinks.len(), found.repeats, found.refused.total()), (4, 3, 2));
    }

    #[test]
    fn wishes_about_links_are_done() {
        let html = "<a href=1 rel=nofollow>one</a><a href=2>two</a>";
        let page = Page::for_test("http://a.example/".parse().unwrap(), "text/html", html);
        let mut out = Output::for_test(&page);
        out.follow(page.links().next());
        out.follow(page.select("a").next());
        out.follow_links();
        out.follow("/3");
        let (found, _) = out.finish().unwrap();
        assert_eq!((found.outlinks.len(), found.refused.iter().collect()), (2, vec![(Refusal::Nofollow, 3)]));

        let page = Page::for_test(page.url().clone(), "text/html", format!("<meta content=none name=robots>{html}"));
        let mut out = Output::for_test(&page);
        out.follow_links();
        out.follow("/3");
        out.record_if_welcome("not kept");
        out.record("the handler knows best");
        let (found, records) = out.finish().unwrap();
        assert_eq!((found.refused.total(), found.noindex, records.len()), (3, 1, 1));
    }

    #[test]
    fn records_are_single_lines_within_the_limit() {
        let mut out = Output::for_test(&page());
        out.record(json!({"b": "x\ny", "a": [1, null]}));
        out.record(serde_json::value::RawValue::from_string("[1,\n 2]".to_owned()).unwrap());
        let (_, records) = out.finish().unwrap();
        assert_eq!(records, [Box::from(&br#"{"b":"x\ny","a":[1,null]}"#[..]), Box::from(&b"[1,2]"[..])]);

        let mut out = Output::for_test(&page());
        out.room = 9;
        out.record("12345");
        out.record("6");
        assert_eq!(out.finish().unwrap_err(), "more output than parser.max_output");

        let mut out = Output::for_test(&page());
        out.record(std::collections::BTreeMap::from([((1, 2), 3)]));
        assert!(out.finish().unwrap_err().starts_with("record 0 does not serialise"));
    }
}
