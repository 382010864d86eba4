//! A web made of numbers, on a thread of its own, which also does what Fetchers and Parsers would.
//!
//! A page has about 60 links. 30 % lead to pages that nothing has led to so far; the rest is known: two thirds of these
//! are the links that every page of a host has (its navigation), the others lead to any known page. How many links a host gets
//! follows a power law: the one at rank n gets 1/n of what the first one gets.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

use url::Url;

use crate::{
    base::time::Mono,
    error::{Error, Result},
    frontier::assignment::{Assignment, FetchInfo, LeaseKind, Outlink, PageFindings, Settlement},
    http::request::Request,
    keys::UrlKey,
    outcome::Outcome,
    robots::{Robots, RobotsAnswer},
    runtime::clock::cpu_of_thread,
};

/// Links of a page that nothing has led to so far, and those that are known.
const NEW: usize = 18;
const KNOWN: usize = 42;

/// Pages that are in a host's navigation: as many as it has, if it has not so many.
const MENU: u32 = 28;

/// How long each page takes, on virtual time.
pub(super) const LATENCY: Duration = Duration::from_millis(100);

const ROBOTS: &[u8] = b"User-agent: *\nDisallow: /private/\n";

/// What URLs are made of: their text should not be easier to compress than that of others.
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

/// Whether pages have links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// As described above.
    Many,
    /// None: what is queued gets less.
    None,
}

/// The web itself.
pub(super) struct Web {
    /// By host, its pages that something has led to.
    pages: Vec<u32>,
    luck: fastrand::Rng,
}

impl Web {
    /// A web of so many hosts.
    pub(super) fn new(hosts: u32) -> Self {
        Self { pages: vec![0; hosts.max(1) as usize], luck: fastrand::Rng::with_seed(60) }
    }

    /// Where a crawl of it starts: the first page of each of its largest hosts.
    pub(super) fn seeds(&mut self) -> Vec<Request> {
        (0..self.pages.len().min(64)).map(|host| self.next(host)).collect()
    }

    /// Hosts with pages that something has led to.
    pub(super) fn hosts(&self) -> u64 {
        self.pages.iter().filter(|pages| **pages > 0).count() as u64
    }

    fn answer(&mut self, assignment: &Assignment, started: Mono, links: Links) -> Settlement {
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

    /// The links of one of a host's pages, each once.
    fn links(&mut self, host: usize) -> Vec<Outlink> {
        let menu = self.pages.get(host).copied().unwrap_or_default().min(MENU);
        let mut requests: Vec<_> = (0..menu).map(|number| page(host, number)).collect();
        while requests.len() < KNOWN {
            let host = self.any_host();
            requests.push(self.known(host));
        }
        while requests.len() < KNOWN + NEW {
            let host = self.any_host();
            requests.push(self.next(host));
        }
        let mut links: Vec<_> =
            requests.into_iter().map(|request| Outlink { key: UrlKey::of(&request), request }).collect();
        links.sort_unstable_by_key(|link| link.key);
        links.dedup_by_key(|link| link.key);
        links
    }

    /// A known page of a host.
    fn known(&mut self, host: usize) -> Request {
        match self.pages.get(host).copied().unwrap_or_default() {
            0 => self.next(host),
            pages => page(host, self.luck.u32(..pages)),
        }
    }

    /// A host's next page.
    fn next(&mut self, host: usize) -> Request {
        let Some(pages) = self.pages.get_mut(host) else { return page(host, 0) };
        *pages += 1;
        page(host, *pages - 1)
    }

    /// A host, by the power law: evenly spread over the logarithm of its rank.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    fn any_host(&mut self) -> usize {
        let hosts = self.pages.len() as f64 + 1.0;
        (hosts.powf(self.luck.f64()) as usize).clamp(1, self.pages.len()) - 1
    }
}

/// The request for a page; its URL has about 72 bytes.
fn page(host: usize, page: u32) -> Request {
    let mut luck = fastrand::Rng::with_seed((host as u64) << 32 | u64::from(page));
    let mut word = || luck.choice(WORDS).unwrap_or_default();
    let text =
        format!("https://www.{}{host:06}.example/{}/{}-{}-{page:08x}.html", host_word(host), word(), word(), word());
    // Written above as the parser of URLs wants it.
    Request::get(Url::parse(&text).unwrap_or_else(|_| unreachable!("a URL")))
}

fn host_word(host: usize) -> &'static str {
    WORDS.get(host % WORDS.len()).copied().unwrap_or_default()
}

/// The number of the host of a URL.
fn host_of(url: &Url) -> usize {
    let digits =
        |text: &str| text.bytes().filter(u8::is_ascii_digit).fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    url.host_str().map(digits).unwrap_or_default()
}

/// Loans that go out together.
pub(super) struct Loans {
    pub(super) loans: Vec<Assignment>,
    pub(super) started: Mono,
    pub(super) links: Links,
}

/// What comes back, in the same order; `cpu` is what the web has cost so far.
pub(super) struct Answers {
    pub(super) settlements: Vec<Settlement>,
    pub(super) cpu: Duration,
}

/// The web's thread. Its queues are bounded by the leases that are out.
pub(super) struct WebThread {
    pub(super) seeds: Vec<Request>,
    pub(super) loans: Sender<Loans>,
    pub(super) answers: Receiver<Answers>,
    pub(super) thread: JoinHandle<Web>,
}

impl WebThread {
    /// Starts it; it ends when `loans` is dropped.
    pub(super) fn start(mut web: Web) -> Result<Self> {
        let (loans, lent) = channel::<Loans>();
        let (answer, answers) = channel();
        let seeds = web.seeds();
        let work = move || {
            for Loans { loans, started, links } in lent {
                let settlements = loans.iter().map(|assignment| web.answer(assignment, started, links)).collect();
                if answer.send(Answers { settlements, cpu: cpu_of_thread() }).is_err() {
                    break;
                }
            }
            web
        };
        let thread = Builder::new().name("web".to_owned()).spawn(work);
        let thread = thread.map_err(|error| Error::System { what: "starting a thread", error })?;
        Ok(Self { seeds, loans, answers, thread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_links_of_which_most_are_known() {
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
