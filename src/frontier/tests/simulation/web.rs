//! A web made of numbers: its pages, their links, and how its hosts respond.

use std::time::Duration;

use crate::{frontier::assignment::Outlink, http::request::Request, keys::UrlKey};

/// How a host behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Responds within half a second; a few of its leases are lost.
    Plain,
    /// Responds after 20 seconds.
    Slow,
    /// Responds 429 with a `Retry-After` to the first request for each fifth page.
    Busy,
    /// Never responds.
    Failing,
    /// Its robots.txt forbids everything.
    Private,
}

/// A page: host and number.
pub(super) type Page = (usize, usize);

/// A synthetic web. Host 0 has a fifth of all pages, the others have equal shares of the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Web {
    pub(super) hosts: usize,
    pub(super) pages: usize,
}

impl Web {
    /// Hosts with an even number are plain and link to each other, so all of them are found. The others are mixed.
    pub(super) fn behaviour(host: usize) -> Behaviour {
        match host % 16 {
            3 => Behaviour::Slow,
            7 => Behaviour::Busy,
            11 => Behaviour::Failing,
            15 => Behaviour::Private,
            _ => Behaviour::Plain,
        }
    }

    /// Returns the number of pages of a host.
    pub(super) fn size(self, host: usize) -> usize {
        if host == 0 { self.pages / 5 } else { (self.pages * 4 / 5).div_ceil(self.hosts - 1) }
    }

    /// Returns the links of a page: two new pages of its host, the same page of the next host, two more hosts, and two known
    /// pages.
    pub(super) fn links(self, (host, page): Page) -> Vec<Outlink> {
        let known = |salt: usize| (host, (page * 31 + salt) % (page + 1));
        let own = [2 * page + 1, 2 * page + 2].map(|next| (host, next));
        let further = if page == 0 { [2 * host + 2, 2 * host + 4] } else { [0, 0] }.map(|next| (next, 0));
        let all = own.into_iter().chain(further).chain([(host | 1, page)]).chain((0..2).map(known));
        let inside = all.filter(|&(host, page)| host < self.hosts && page < self.size(host));
        inside.map(Self::request).map(|request| Outlink { key: UrlKey::from_request(&request), request }).collect()
    }

    /// Returns the request for a page.
    pub(super) fn request((host, page): Page) -> Request {
        Request::get(format!("http://h{host}.example/{page}").parse().unwrap())
    }

    /// Returns the host of a request, and its page; `None` for robots.txt.
    pub(super) fn page(request: &Request) -> (usize, Option<usize>) {
        let name = request.url().host_str().unwrap();
        let host = name.trim_start_matches('h').trim_end_matches(".example").parse().unwrap();
        (host, request.url().path()[1..].parse().ok())
    }

    /// Returns the time until a host responds.
    pub(super) fn latency(host: usize, page: usize) -> Duration {
        match Self::behaviour(host) {
            Behaviour::Slow | Behaviour::Failing => Duration::from_secs(20),
            Behaviour::Plain | Behaviour::Busy | Behaviour::Private => {
                Duration::from_millis(50 + (host * 7919 + page * 104_729) as u64 % 450)
            }
        }
    }
}
