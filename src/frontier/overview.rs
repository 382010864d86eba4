//! Figures about the frontier, for reports and checks.

use std::borrow::Cow;

use super::{Balance, FailedSeeds, Frontier, HostCounts, ParkReason, hosts::Host, politeness::HostState};
use crate::{base::stats::Stats, http::request::Request};

/// Counter of records, named as in Scrapy.
pub(super) const RECORDS: &str = "item_scraped_count";

/// Counter of failed attempts, named as in Scrapy.
pub(super) const ERRORS: &str = "downloader/exception_count";

impl Frontier {
    /// Returns true if nothing is left to do: no lease out, no link undecided, every queued URL at a parked host.
    #[must_use]
    pub(crate) fn is_exhausted(&self) -> bool {
        self.leases.is_empty()
            && self.known.pending_count() == 0
            && !self.aside.is_busy()
            && self.commits.counters().urls().queued == 0
    }

    /// Returns the number of leases out, those for addresses and robots.txt included.
    #[must_use]
    pub(crate) fn leases_out(&self) -> usize {
        self.leases.len()
    }

    /// Returns the URL counters at this moment.
    #[must_use]
    pub(crate) fn balance(&self) -> Balance {
        Balance { asked: self.known.pending_links() as u64, ..*self.commits.counters().urls() }
    }

    /// Returns the URL counters, with queued, parked and leased URLs counted again. Visits every host in memory.
    #[must_use]
    pub(crate) fn audit(&self) -> Balance {
        let set_aside = self.commits.counters().set_aside();
        let (mut queued, mut parked) = (self.inactive.queued(), self.inactive.parked() + set_aside);
        for (_, host) in self.hosts.iter() {
            match host.politeness.parked() {
                Some(_) => parked += host.queue.len(),
                None => queued += host.queue.len(),
            }
        }
        Balance { queued, parked, leased: self.leases.pages() as u64, ..self.balance() }
    }

    /// Returns the counters by name.
    #[must_use]
    pub(crate) fn stats(&self) -> &Stats {
        self.commits.counters().stats()
    }

    /// Returns the number of records that handlers emitted.
    #[must_use]
    pub(crate) fn records(&self) -> u64 {
        self.stats().get(RECORDS)
    }

    /// Returns the number of failed attempts to fetch a page or a robots.txt, retries included.
    #[must_use]
    pub(crate) fn errors(&self) -> u64 {
        self.stats().get(ERRORS)
    }

    /// Returns the number of URLs that are set aside; they count as parked.
    #[must_use]
    pub(crate) fn set_aside_count(&self) -> u64 {
        self.commits.counters().set_aside()
    }

    /// Adds to a counter by name, for the open batch.
    pub(crate) fn count(&mut self, key: impl Into<Cow<'static, str>>, count: u64) {
        let open = self.commits.open_number();
        self.commits.add(open, key, count);
    }

    /// Returns the number of hosts in memory, those being evicted included.
    #[must_use]
    pub(crate) fn hosts_in_memory(&self) -> usize {
        self.hosts.len()
    }

    /// Returns the number of hosts in memory by state. Visits each of them.
    #[must_use]
    pub(crate) fn host_counts(&self) -> HostCounts {
        let mut counts = HostCounts { known: self.hosts_in_memory(), ..HostCounts::default() };
        for (_, host) in self.hosts.iter() {
            match host.politeness.state() {
                _ if host.politeness.parked().is_some() => counts.parked += 1,
                HostState::Ready => counts.ready += 1,
                HostState::Waiting { .. } => counts.waiting += 1,
                HostState::Idle | HostState::WaitingForSlot => {}
            }
        }
        counts
    }

    /// Returns the seeds that failed in this run, and those of parked hosts.
    pub(crate) fn failed_seeds(&self) -> FailedSeeds {
        let mut failed = self.seeds.failed_so_far();
        let mut open: Vec<_> = self.seeds.open().collect();
        open.sort_unstable_by_key(|(_, url)| *url);
        for (key, url) in open {
            match self.hosts.slot(&key.host).and_then(|slot| self.hosts.get(slot)) {
                Some(host) => host.politeness.parked().into_iter().for_each(|reason| {
                    failed.add(url, || parked(host, reason));
                }),
                // A host with URLs that leaves memory is parked once nothing is left to do.
                None if self.is_exhausted() => failed.add(url, || "its host is parked".to_owned()),
                None => {}
            }
        }
        for (host, reason) in self.hosts.iter().filter_map(|(_, host)| Some((host, host.politeness.parked()?))) {
            // Seeds of earlier runs.
            let earlier = host.queue.iter().filter(|queued| !self.seeds.is_open(&host.url_key(queued.entry.head.url)));
            let earlier = earlier.filter_map(|queued| queued.entry.request()).filter(Request::is_seed);
            earlier.for_each(|seed| failed.add(seed.origin().as_str(), || parked(host, reason)));
        }
        failed
    }

    /// Returns the root, the reason and the number of URLs of each parked host in memory.
    pub(crate) fn parked(&self) -> impl Iterator<Item = (&str, ParkReason, u64)> {
        self.hosts.iter().filter_map(|(_, host)| {
            let reason = host.politeness.parked()?;
            Some((host.root.as_str(), reason, host.queue.len()))
        })
    }
}

/// Returns why the URLs of a parked host are not fetched.
fn parked(host: &Host, reason: ParkReason) -> String {
    match (reason, &host.robots_error) {
        (ParkReason::Robots, Some(error)) => format!("{}: {error}", reason.description()),
        _ => format!("its host is parked: {}", reason.description()),
    }
}
