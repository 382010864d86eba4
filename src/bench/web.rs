//! A synthetic web, generated from numbers. Its thread also replaces Fetchers and Parsers.
//!
//! A page has about 60 links. 30 % of them lead to new pages. Of the others, two thirds are the links that every page of a
//! host has (its navigation), and one third lead to any known page. The number of links to a host follows a power law: the
//! host at rank n gets 1/n of the links of the first.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use url::Url;

use crate::{
    base::time::Mono,
    error::Result,
    frontier::assignment::{Assignment, FetchInfo, LeaseKind, Outlink, PageFindings, Settlement},
    http::request::Request,
    keys::UrlKey,
    outcome::Outcome,
    robots::{Robots, RobotsAnswer},
    runtime::{clock::cpu_of_thread, threads},
};

/// Number of links of a page to new pages.
const NEW: usize = 18;

/// Number of links of a page to known pages.
const KNOWN: usize = 42;

/// Maximum number of pages in a host's navigation.
const NAVIGATION: u32 = 28;

/// Virtual time that each page takes.
pub(super) const LATENCY: Duration = Duration::from_millis(100);

const ROBOTS: &[u8] = b"User-agent: *\nDisallow: /private/\n";

/// Words in URLs, so that their text is not easier to compress than that of real URLs.
const WORDS: [&str; 32] = [
    "about",
    "archive",
    "article",
    "autumn",
    "blog",
    "catalogue",
    "city",
    "company",
    "contact",
    "event",
    "forum",
    "gallery",
    "garden",
    "history",
    "index",
    "journal",
    "language",
    "library",
    "market",
    "member",
    "museum",
    "music",
    "news",
    "product",
    "question",
    "report",
    "review",
    "science",
    "spider",
    "summer",
    "travel",
    "weather",
];

/// Links on pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// About 60 per page.
    Many,
    /// No links, so that the queues get shorter.
    None,
}

/// The synthetic web.
pub(super) struct Web {
    /// Number of known pages of each host.
    pages: Vec<u32>,
    rng: fastrand::Rng,
}

impl Web {
    /// Creates a web with this number of hosts.
    pub(super) fn new(hosts: u32) -> Self {
        Self { pages: vec![0; hosts.max(1) as usize], rng: fastrand::Rng::with_seed(60) }
    }

    /// Returns the seeds of a crawl: the first page of each of the largest hosts.
    pub(super) fn seeds(&mut self) -> Vec<Request> {
        (0..self.pages.len().min(64)).map(|host| self.new_page(host)).collect()
    }

    /// Returns the number of hosts with known pages.
    pub(super) fn hosts(&self) -> u64 {
        self.pages.iter().filter(|pages| **pages > 0).count() as u64
    }

    fn settle(&mut self, assignment: &Assignment, started: Mono, links: Links) -> Settlement {
        let host = host_of(assignment.request.url());
        let address = u32::try_from(host).unwrap_or_default() | 0x0b00_0000;
        let fetch_info = FetchInfo {
            started: Some(started),
            ended: started + LATENCY,
            status: Some(200),
            bytes: 10_000,
            requests: 1,
            address: Some(IpAddr::V4(Ipv4Addr::from_bits(address))),
            retry_after: None,
            version: None,
        };
        let (outcome, outlinks) = match (assignment.lease_id.kind, links) {
            (LeaseKind::Robots, _) => {
                let robots = Robots::parse(ROBOTS, "lycosa");
                (Outcome::Robots(RobotsAnswer::Rules(Arc::new(robots))), Vec::new())
            }
            (LeaseKind::Page, Links::Many) => (Outcome::Done, self.links(host)),
            (LeaseKind::Page, Links::None) | (LeaseKind::Address, _) => (Outcome::Done, Vec::new()),
        };
        let findings = PageFindings { outlinks, records: 1, ..PageFindings::default() };
        Settlement { lease_id: assignment.lease_id, outcome, fetch_info, findings }
    }

    /// Returns the links of a page of a host, each once.
    fn links(&mut self, host: usize) -> Vec<Outlink> {
        let navigation = self.pages.get(host).copied().unwrap_or_default().min(NAVIGATION);
        let mut requests: Vec<_> = (0..navigation).map(|number| page(host, number)).collect();
        while requests.len() < KNOWN {
            let host = self.any_host();
            requests.push(self.known_page(host));
        }
        while requests.len() < KNOWN + NEW {
            let host = self.any_host();
            requests.push(self.new_page(host));
        }
        let mut links: Vec<_> =
            requests.into_iter().map(|request| Outlink { key: UrlKey::from_request(&request), request }).collect();
        links.sort_unstable_by_key(|link| link.key);
        links.dedup_by_key(|link| link.key);
        links
    }

    /// Returns a known page of a host.
    fn known_page(&mut self, host: usize) -> Request {
        match self.pages.get(host).copied().unwrap_or_default() {
            0 => self.new_page(host),
            pages => page(host, self.rng.u32(..pages)),
        }
    }

    /// Returns a new page of a host.
    fn new_page(&mut self, host: usize) -> Request {
        let Some(pages) = self.pages.get_mut(host) else { return page(host, 0) };
        *pages += 1;
        page(host, *pages - 1)
    }

    /// Returns a host by the power law: uniform in the logarithm of its rank.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    fn any_host(&mut self) -> usize {
        let hosts = self.pages.len() as f64 + 1.0;
        (hosts.powf(self.rng.f64()) as usize).clamp(1, self.pages.len()) - 1
    }
}

/// Returns the request for a page. Its URL has about 72 bytes.
fn page(host: usize, page: u32) -> Request {
    let mut rng = fastrand::Rng::with_seed((host as u64) << 32 | u64::from(page));
    let mut word = || rng.choice(WORDS).unwrap_or_default();
    let text =
        format!("https://www.{}{host:06}.example/{}/{}-{}-{page:08x}.html", host_word(host), word(), word(), word());
    // The text above is always a valid URL.
    Request::get(Url::parse(&text).unwrap_or_else(|_| unreachable!("a URL")))
}

fn host_word(host: usize) -> &'static str {
    WORDS.get(host % WORDS.len()).copied().unwrap_or_default()
}

/// Returns the index of the host of a URL.
fn host_of(url: &Url) -> usize {
    let digits =
        |text: &str| text.bytes().filter(u8::is_ascii_digit).fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    url.host_str().map(digits).unwrap_or_default()
}

/// Leases that are issued at the same time.
pub(super) struct Requests {
    pub(super) assignments: Vec<Assignment>,
    pub(super) started: Mono,
    pub(super) links: Links,
}

/// Their settlements, in the same order.
pub(super) struct Responses {
    pub(super) settlements: Vec<Settlement>,
    /// Processor time of the web so far.
    pub(super) cpu: Duration,
}

/// The web's thread. Its channels are bounded by the number of leases in flight.
pub(super) struct WebThread {
    pub(super) seeds: Vec<Request>,
    pub(super) requests: Sender<Requests>,
    pub(super) responses: Receiver<Responses>,
    pub(super) thread: JoinHandle<Web>,
}

impl WebThread {
    /// Starts the thread. It ends when `requests` is dropped.
    pub(super) fn start(mut web: Web) -> Result<Self> {
        let (requests, received) = channel::<Requests>();
        let (respond, responses) = channel();
        let seeds = web.seeds();
        let work = move || {
            for Requests { assignments, started, links } in received {
                let settlements = assignments.iter().map(|assignment| web.settle(assignment, started, links)).collect();
                if respond.send(Responses { settlements, cpu: cpu_of_thread() }).is_err() {
                    break;
                }
            }
            web
        };
        Ok(Self { seeds, requests, responses, thread: threads::spawn("web", work)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_links_lead_to_known_pages() {
        let mut web = Web::new(1000);
        web.seeds();
        (0..2000).for_each(|number| drop(web.links(number % 1000)));
        let before: u32 = web.pages.iter().sum();
        let links: Vec<_> = (0..500).flat_map(|number| web.links(number % 1000)).collect();
        let new = web.pages.iter().sum::<u32>() - before;
        assert!((55..=60).contains(&(links.len() / 500)), "{} links", links.len());
        assert!((0.28..0.34).contains(&(f64::from(new) / links.len() as f64)), "{new} of {} are new", links.len());
        let length: usize = links.iter().map(|link| link.request.url().as_str().len()).sum();
        assert!((65..80).contains(&(length / links.len())), "{length} bytes in {} links", links.len());
        assert!(web.pages[0] > 50 * web.pages[99], "{:?}", &web.pages[..100]);
        assert_eq!(host_of(page(123, 45).url()), 123);
    }
}
