//! A web made of numbers: which pages there are, what they link to, and how their hosts answer.

use std::time::Duration;

use crate::{frontier::assignment::Outlink, http::request::Request, keys::UrlKey};

/// How a host behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Answers within half a second, and loses a lease now and then.
    Plain,
    /// Answers after 20 seconds.
    Slow,
    /// Answers 429 with a `Retry-After` to the first request for each fifth page.
    Busy,
    /// Never answers.
    Failing,
    /// Its robots.txt forbids everything.
    Private,
}

/// A page, by host and number.
pub(crate) type Page = (usize, usize);

/// A synthetic web: host 0 has a fifth of all pages, the others share the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Web {
    pub(crate) hosts: usize,
    pub(crate) pages: usize,
}

impl Web {
    /// Hosts of even number are plain and link to each other, so that all of them are found; the rest are mixed.
    pub(crate) fn kind(host: usize) -> Kind {
        match host % 16 {
            3 => Kind::Slow,
            7 => Kind::Busy,
            11 => Kind::Failing,
            15 => Kind::Private,
            _ => Kind::Plain,
        }
    }

    /// Pages of a host.
    pub(crate) fn size(self, host: usize) -> usize {
        if host == 0 { self.pages / 5 } else { (self.pages * 4 / 5).div_ceil(self.hosts - 1) }
    }

    /// What a page links to: the next two of its host, the same page next door, two more hosts, and what it knows.
    pub(crate) fn links(self, (host, page): Page) -> Vec<Outlink> {
        let known = |salt: usize| (host, (page * 31 + salt) % (page + 1));
        let own = [2 * page + 1, 2 * page + 2].map(|next| (host, next));
        let further = if page == 0 { [2 * host + 2, 2 * host + 4] } else { [0, 0] }.map(|next| (next, 0));
        let all = own.into_iter().chain(further).chain([(host | 1, page)]).chain((0..2).map(known));
        let inside = all.filter(|&(host, page)| host < self.hosts && page < self.size(host));
        inside.map(Self::request).map(|request| Outlink { key: UrlKey::of(&request), request }).collect()
    }

    /// The request for a page.
    pub(crate) fn request((host, page): Page) -> Request {
        Request::get(format!("http://h{host}.example/{page}").parse().unwrap())
    }

    /// The page that a request is for; none for robots.txt.
    pub(crate) fn page(request: &Request) -> (usize, Option<usize>) {
        let name = request.url().host_str().unwrap();
        let host = name.trim_start_matches('h').trim_end_matches(".example").parse().unwrap();
        (host, request.url().path()[1..].parse().ok())
    }

    /// How long a host takes to answer.
    pub(crate) fn latency(host: usize, page: usize) -> Duration {
        match Self::kind(host) {
            Kind::Slow | Kind::Failing => Duration::from_secs(20),
            Kind::Plain | Kind::Busy | Kind::Private => {
                Duration::from_millis(50 + (host * 7919 + page * 104_729) as u64 % 450)
            }
        }
    }
}
