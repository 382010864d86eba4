//! The door: what is offered is a duplicate, refused, asked, or admitted, and counted as exactly that.

use std::sync::Arc;

use url::Url;

use super::{
    Frontier,
    balance::Balance,
    commit::entry::Entry,
    hosts::{FEW_HEADS, HEADS, Host, Queued},
    politeness::{
        Group,
        limiter::{LimiterId, LimiterKey},
        quota::QuotaState,
    },
    scope::Refusal,
    seen::Look,
};
use crate::{
    base::time::{Mono, Now},
    http::request::{MAX_REQUEST_BODY, Request, fingerprint::Fingerprint},
    keys::{HostKey, UrlKey},
    store::QueuePosition,
    urls::canonical::{registrable, root},
};

/// A link that the store must decide, and the batch of the settlement that brought it.
#[derive(Debug)]
pub(super) struct PendingLink {
    pub(super) request: Request,
    pub(super) batch: u64,
}

impl Frontier {
    /// Takes seeds in: their surroundings join the scope. Says which batch they belong to.
    pub(crate) fn submit(&mut self, seeds: Vec<Request>, now: Now) -> u64 {
        for seed in seeds {
            let seed = self.scope.rewritten(seed.seed()).asked_by(self.run);
            match self.scope.admits_seed(seed.url()) {
                Ok(()) if seed.body().len() > MAX_REQUEST_BODY => self.refuse(Refusal::Body),
                Ok(()) => {
                    Arc::make_mut(&mut self.scope).add_seed(seed.url());
                    self.offer(UrlKey::of(&seed), seed, now);
                }
                Err(reason) => self.refuse(reason),
            }
        }
        self.open_number()
    }

    /// Takes a link in that belongs to the crawl, unless it is known.
    pub(super) fn offer(&mut self, key: UrlKey, request: Request, now: Now) {
        let batch = self.open_number();
        self.book(batch, &Balance { offered: 1, ..Balance::default() });
        if self.is_known(&key) {
            return self.revisit(&request, batch, now);
        }
        let host_is_known = self.slots.contains_key(&key.host) || !self.rest.is_used();
        if host_is_known && self.seen.look(key.url) == Look::New {
            return self.admit(key, &request, batch, now);
        }
        self.batch(batch).questions += 1;
        self.questions.insert(key, PendingLink { request, batch });
    }

    /// A known URL is another visit if its request is worth one; otherwise a duplicate.
    pub(super) fn revisit(&mut self, request: &Request, batch: u64, now: Now) {
        let again = request.to_revisit().map(|again| (UrlKey::of(&again), again));
        match again.filter(|(key, _)| !self.is_known(key)) {
            Some((key, again)) => self.admit(key, &again, batch, now),
            None => self.duplicate(batch, 1),
        }
    }

    /// Counts an offer that is none of the crawl's business.
    pub(super) fn refuse(&mut self, reason: Refusal) {
        let batch = self.open_number();
        self.book(batch, &Balance { offered: 1, ..Balance::default() });
        self.refuse_in(batch, reason, 1);
    }

    /// Counts offers, booked as such before, as refused.
    pub(super) fn refuse_in(&mut self, batch: u64, reason: Refusal, count: u64) {
        self.book(batch, &Balance { refused: count, ..Balance::default() });
        self.count_in(batch, format!("refused/{}", reason.name()), count);
    }

    /// Counts an offer, booked as such before, as refused for a reason that only this moment tells.
    fn refuse_known(&mut self, key: UrlKey, reason: Refusal, batch: u64, now: Now) {
        self.refuse_in(batch, reason, 1);
        self.note(key, reason, batch, now.wall);
    }

    /// Counts offers, booked as such before, as known.
    pub(super) fn duplicate(&mut self, batch: u64, count: u64) {
        self.book(batch, &Balance { duplicates: count, ..Balance::default() });
        self.count_in(batch, "dupefilter/filtered", count);
    }

    /// Whether the store has said already that the URL is known, or need not be asked.
    pub(super) fn is_known(&self, key: &UrlKey) -> bool {
        match self.seen.look(key.url) {
            Look::Known => true,
            // Its host may be at rest, so that it was asked all the same.
            Look::New => self.questions.contains_key(key),
            Look::Unsure => {
                self.questions.contains_key(key)
                    || self.leased_urls.contains(key)
                    || self.batches.iter().any(|batch| batch.knows(key))
            }
        }
    }

    /// Takes in a new URL.
    pub(super) fn admit(&mut self, key: UrlKey, request: &Request, batch: u64, now: Now) {
        let slot = self.host(key.host, request.url(), now);
        let (pages, room) = (self.policy(slot).quota.pages, self.quota_room(slot));
        let Some(host) = self.hosts.get_mut(slot) else { return };
        if room == QuotaState::Gone {
            return self.refuse_known(key, Refusal::Quota, batch, now);
        }
        if pages > 0 && host.admitted >= pages {
            return self.refuse_known(key, Refusal::HostPages, batch, now);
        }
        if !request.is_seed()
            && !request.is_sitemap()
            && let Err(trap) = self.traps.count(key.host, &mut host.traps, request.url())
        {
            return self.refuse_known(key, Refusal::Trap(trap), batch, now);
        }
        self.seen.insert(key.url);
        let place = QueuePosition { rank: rank(request.priority_value()), seq: next_seq(&mut self.seqs, key.host) };
        let entry = Entry::new(key.url, request);
        host.admitted += 1;
        host.queue.put(Queued { place, entry: entry.clone(), not_before: Mono(0) });
        match host.parked {
            Some(_) => self.totals.parked += 1,
            None => self.totals.queued += 1,
        }
        self.book(batch, &Balance { admitted: 1, ..Balance::default() });
        self.count_in(batch, "scheduler/enqueued", 1);
        self.batch(batch).admit(key, place, entry);
        self.wake(slot, now.mono);
    }

    /// The host's slot; a host never met before gets one.
    fn host(&mut self, key: HostKey, url: &Url, now: Now) -> usize {
        if let Some(&slot) = self.slots.get(&key) {
            return slot;
        }
        let root = root(url);
        let gate = self.join_gate(key, &root);
        let slot = self.insert_host(Host::new(key, root, gate));
        self.enter(slot, now.mono, now);
        slot
    }

    /// Puts a host into memory.
    pub(super) fn insert_host(&mut self, mut host: Host) -> usize {
        if let (Some(address), limit @ 1..) = (host.address, self.ip_limit()) {
            host.ip_gate = Some(self.gates.join(LimiterKey::Ip(address), limit));
        }
        host.policy = u32::try_from(self.policy_of(&host.root)).unwrap_or_default();
        // Up to 200 bytes a head: all of them together have their bound.
        host.queue.room = if self.hosts.len() < self.config.hosts / 4 { HEADS } else { FEW_HEADS };
        let key = host.key;
        let slot = self.hosts.insert(Box::new(host));
        self.slots.insert(key, slot);
        slot
    }

    /// The gate that the host's requests pass through.
    pub(super) fn join_gate(&mut self, key: HostKey, root: &Url) -> LimiterId {
        let gate = match self.config.politeness.group {
            Group::Host => LimiterKey::Host(key),
            Group::Domain => LimiterKey::Domain(Fingerprint::of_link(registrable(root)).low()),
        };
        let policy = self.policies.get(self.policy_of(root));
        let limit = policy.map_or(self.config.politeness.host_concurrency, |policy| policy.politeness.host_concurrency);
        self.gates.join(gate, limit)
    }
}

/// Lower ranks come first: priority 127 is rank 0, priority -128 rank 255.
fn rank(priority: i8) -> u8 {
    127_i8.wrapping_sub(priority).cast_unsigned()
}

/// The next arrival number of a host's partition.
pub(super) fn next_seq(seqs: &mut std::collections::BTreeMap<u8, u64>, host: HostKey) -> u64 {
    let next = seqs.entry(host.partition()).or_default();
    *next += 1;
    *next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_priorities() {
        assert_eq!([127, 1, 0, -1, -128].map(rank), [0, 126, 127, 128, 255]);
    }
}
