//! Admission: an offered link is a duplicate, refused, asked or admitted, and is counted as exactly that.

use url::Url;

use super::{
    Balance, Frontier,
    commit::entry::{Entry, VisitPurpose},
    hosts::{Host, Queued},
    politeness::quota::QuotaState,
    scope::{Refusal, traps::Trap},
    seen::{
        Look,
        known_urls::{LookupCause, PendingLookup},
    },
};
use crate::{
    base::time::{Mono, Now},
    http::request::{MAX_REQUEST_BODY, Request},
    keys::{HostKey, UrlKey},
    store::QueuePosition,
    urls::canonical::root,
};

impl Frontier {
    /// Offers seeds, after adding their surroundings to the scope. Returns the number of the batch they belong to.
    pub(crate) fn submit(&mut self, seeds: Vec<Request>, now: Now) -> u64 {
        for seed in seeds {
            let seed = self.scope.current().rewritten(seed.seed()).asked_by(self.run);
            match self.scope.current().admits_seed(seed.url()) {
                Ok(()) if seed.body().len() > MAX_REQUEST_BODY => self.refuse_seed(&seed, Refusal::Body),
                Ok(()) => self.submit_seed(seed, now),
                Err(reason) => self.refuse_seed(&seed, reason),
            }
        }
        self.commits.open_number()
    }

    /// Offers seeds that may not come again: what they add to the scope is kept across a restart.
    pub(crate) fn submit_streamed(&mut self, seeds: Vec<Request>, now: Now) -> u64 {
        for seed in &seeds {
            let seed = self.scope.current().rewritten(seed.clone());
            if self.scope.current().admits_seed(seed.url()).is_ok() {
                let rows = self.scope.remember_seed(seed.url()).map(|(key, row)| (key, Some(row)));
                self.commits.open().side_rows.extend(rows);
            }
        }
        self.submit(seeds, now)
    }

    fn submit_seed(&mut self, seed: Request, now: Now) {
        if self.scope.add_seed(seed.url()) {
            self.restore_all();
        }
        let key = UrlKey::from_request(&seed);
        self.scope.confirm_seed(key);
        self.offer(key, seed, now);
    }

    fn refuse_seed(&mut self, seed: &Request, reason: Refusal) {
        self.seeds.failed(Some(seed), || format!("refused: {}", reason.name()));
        self.refuse(reason);
    }

    /// Admits a link that is in scope, unless its URL is known. If only the store can decide that, the link is asked.
    pub(super) fn offer(&mut self, key: UrlKey, request: Request, now: Now) {
        let batch = self.commits.open_number();
        self.commits.count(batch, &Balance { offered: 1, ..Balance::default() });
        if self.is_known(&key) {
            self.offer_known(key, request, batch, now);
        } else {
            self.offer_unknown(key, request, batch, now);
        }
    }

    /// Admits a link to a URL that seems to be new, or asks the store about it.
    fn offer_unknown(&mut self, key: UrlKey, request: Request, batch: u64, now: Now) {
        // A host that is not in memory may have a row, which must be read first.
        let has_host = self.hosts.contains(&key.host) || !self.inactive.may_have_rows();
        if has_host && self.look(&key) == Look::New {
            return self.admit(key, &request, VisitPurpose::Page, batch, now);
        }
        self.commits.batch(batch).undecided += 1;
        self.known.insert_pending(key, PendingLookup { cause: LookupCause::Link, request, batch });
    }

    /// Admits a request for a known URL as a revisit if it asks for one. Returns false if it does not, or did before.
    pub(super) fn revisit(&mut self, request: &Request, batch: u64, now: Now) -> bool {
        let revisit = request.to_revisit().map(|revisit| (UrlKey::from_request(&revisit), revisit));
        let Some((key, revisit)) = revisit.filter(|(key, _)| !self.is_known(key)) else { return false };
        self.offer_unknown(key, revisit, batch, now);
        true
    }

    /// Counts an offer that does not belong to the crawl.
    pub(super) fn refuse(&mut self, reason: Refusal) {
        let batch = self.commits.open_number();
        self.commits.count(batch, &Balance { offered: 1, ..Balance::default() });
        self.count_refused(batch, reason, 1);
    }

    /// Counts offers as refused.
    pub(super) fn count_refused(&mut self, batch: u64, reason: Refusal, count: u64) {
        self.commits.count(batch, &Balance { refused: count, ..Balance::default() });
        self.commits.add(batch, format!("refused/{}", reason.name()), count);
    }

    /// Counts offers as duplicates.
    pub(super) fn count_duplicates(&mut self, batch: u64, count: u64) {
        self.commits.count(batch, &Balance { duplicates: count, ..Balance::default() });
        self.commits.add(batch, "dupefilter/filtered", count);
    }

    /// Returns true if the URL is known without the store.
    pub(super) fn is_known(&self, key: &UrlKey) -> bool {
        self.look(key) == Look::Known
    }

    /// Returns what is known about the URL without the store.
    fn look(&self, key: &UrlKey) -> Look {
        match self.known.look(key) {
            Look::Unsure if self.leases.has_page(key) || self.commits.knows(key) => Look::Known,
            look => look,
        }
    }

    /// Admits a new URL, unless a limit of its host refuses it.
    pub(super) fn admit(&mut self, key: UrlKey, request: &Request, purpose: VisitPurpose, batch: u64, now: Now) {
        if let Err(trap) = self.count_host(key.host, request, batch) {
            return self.count_refused(batch, Refusal::Trap(trap), 1);
        }
        let slot = self.slot_for(key.host, request.url(), now);
        if let Err(reason) = self.check_host_limits(slot, key, request, purpose) {
            self.seeds.failed(Some(request), || format!("refused: {}", reason.name()));
            // Only this moment knows the reason, so it is logged.
            self.count_refused(batch, reason, 1);
            return self.log_refusal(key, reason, batch, now.wall);
        }
        let Some((position, entry)) = self.enqueue(slot, key, request, purpose) else { return };
        self.commits.count(batch, &Balance { admitted: 1, ..Balance::default() });
        self.commits.add(batch, "scheduler/enqueued", 1);
        if request.is_seed() {
            self.seeds.opened(key, request.origin());
        }
        let row = self.queued_row(request.depth_value());
        self.commits.batch(batch).admit(key, position, entry, row);
        self.wake(slot, now.mono);
    }

    /// Counts the host of a URL for its domain, if the crawl does not know the host.
    fn count_host(&mut self, host: HostKey, request: &Request, batch: u64) -> Result<(), Trap> {
        // A host that is not in memory has no row either: that would have been loaded.
        if request.is_seed() || self.hosts.contains(&host) || self.has_twin(request.url()) {
            return Ok(());
        }
        let row = self.subdomains.count(request.url())?;
        self.commits.batch(batch).side_rows.extend(row);
        Ok(())
    }

    /// Returns true if the same host name is in memory with the other scheme.
    fn has_twin(&self, url: &Url) -> bool {
        let other = if url.scheme() == "http" { "https" } else { "http" };
        let mut twin = url.clone();
        url.port().is_none() && twin.set_scheme(other).is_ok() && self.hosts.contains(&HostKey::from_url(&twin))
    }

    /// Checks the limits of a host for one more URL. Visits for links alone count for time and bytes only.
    fn check_host_limits(
        &mut self,
        slot: usize,
        key: UrlKey,
        request: &Request,
        purpose: VisitPurpose,
    ) -> Result<(), Refusal> {
        let Some(host) = self.hosts.get_mut(slot) else { return Ok(()) };
        let max_pages = self.schedule.policy(&host.politeness).quota.pages;
        if self.schedule.quota_state(host) == QuotaState::UsedUp {
            Err(Refusal::Quota)
        } else if purpose == VisitPurpose::Links {
            Ok(())
        } else if max_pages > 0 && host.admitted >= max_pages {
            Err(Refusal::HostPages)
        } else if request.is_seed() || request.is_sitemap() {
            Ok(())
        } else {
            self.traps.count(key.host, &mut host.traps, request.url()).map_err(Refusal::Trap)
        }
    }

    /// Puts a URL into the queue of its host.
    pub(super) fn enqueue(
        &mut self,
        slot: usize,
        key: UrlKey,
        request: &Request,
        purpose: VisitPurpose,
    ) -> Option<(QueuePosition, Entry)> {
        self.known.insert(&key);
        self.note_depth(&key, request.depth_value());
        let position = QueuePosition { rank: rank(request.priority_value()), seq: self.commits.next_seq(key.host) };
        let entry = Entry::new(key.url, request, self.config.generation, purpose);
        let host = self.hosts.get_mut(slot)?;
        if purpose != VisitPurpose::Links {
            host.admitted += 1;
        }
        host.queue.put(Queued { position, entry: entry.clone(), not_before: Mono(0) });
        self.commits.counters_mut().enqueue(host.politeness.parked());
        Some((position, entry))
    }

    /// Returns the slot of a host, which is put into memory if it is new.
    pub(super) fn slot_for(&mut self, key: HostKey, url: &Url, now: Now) -> usize {
        if let Some(slot) = self.hosts.slot(&key) {
            return slot;
        }
        let root = root(url);
        let politeness = self.schedule.join(key, &root);
        let slot = self.insert_host(Host::new(key, root, politeness));
        self.activate(slot, now.mono, now);
        slot
    }
}

/// Returns the rank of a priority. Lower ranks come first: priority 127 is rank 0, priority -128 rank 255.
fn rank(priority: i8) -> u8 {
    127_i8.wrapping_sub(priority).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_priorities_have_lower_ranks() {
        assert_eq!([127, 1, 0, -1, -128].map(rank), [0, 126, 127, 128, 255]);
    }
}
