//! URLs set aside: queued by one configuration, and not in the scope of another.
//!
//! A URL is checked when its turn comes. One that is no longer in scope moves to a table of its own, where it keeps no host
//! due and does not keep a crawl from ending. A later configuration whose scope has it queues it again.

use bytes::Bytes;

use super::{
    Frontier,
    commit::{
        entry::{Entry, VisitPurpose},
        seen_row::{SeenRow, SetAside},
    },
    hosts::Queued,
    scope::Refusal,
    seen::known_urls::{LookupCause, PendingLookup},
};
use crate::{base::time::Now, error::StoreError, http::request::Request, keys::UrlKey, store::AsideAfter};

impl Frontier {
    /// Queues the URLs set aside again that are in scope now. Called when the seeds, which are part of the scope, are read.
    pub(crate) fn restore_all(&mut self) {
        if self.commits.counters().set_aside() > 0 {
            self.aside.start();
        }
    }

    /// Applies a part of the URLs set aside: those in scope now are looked up, and then queued.
    ///
    /// # Errors
    /// If an entry is corrupt.
    pub(super) fn apply_aside(&mut self, from: AsideAfter, found: Vec<(UrlKey, Bytes)>) -> Result<(), StoreError> {
        if !self.aside.note_read(from, found.last().map(|(key, _)| *key), found.len()) {
            return Ok(());
        }
        let batch = self.commits.open_number();
        for (key, bytes) in found {
            let request = Entry::from_bytes(&bytes).and_then(|entry| entry.request());
            let request = request.ok_or_else(|| StoreError::corrupt("a URL set aside"))?;
            if self.known.pending_mut(&key).is_none() && self.scope.admits_queued(&key, &request).is_ok() {
                self.commits.batch(batch).undecided += 1;
                self.known.insert_pending(key, PendingLookup { cause: LookupCause::Restore, request, batch });
            }
        }
        Ok(())
    }

    /// Queues a URL that is set aside, with this request.
    pub(super) fn restore(&mut self, key: UrlKey, request: &Request, batch: u64, now: Now) {
        self.commits.take_from_aside(batch);
        self.count("scheduler/restored", 1);
        let slot = self.slot_for(key.host, request.url(), now);
        let Some((position, entry)) = self.enqueue(slot, key, request, VisitPurpose::Page) else { return };
        let row = self.queued_row(request.depth_value());
        self.commits.batch(batch).restore(key, position, entry, row);
        self.wake(slot, now.mono);
    }

    /// Sets the first entries of a host's queue aside that another configuration admitted and this one does not.
    pub(super) fn set_aside_first(&mut self, slot: usize, now: Now) {
        while let Some((queued, reason)) = self.hosts.get(slot).and_then(|host| {
            let first = host.queue.first()?;
            // Decoding the request is the costly part.
            if !self.scope.must_check(first.entry.head.generation, self.config.generation) {
                return None;
            }
            let request = first.entry.request()?;
            Some((first.clone(), self.refusal_of(&host.url_key(first.entry.head.url), first, &request)?))
        }) {
            if let Some(host) = self.hosts.get_mut(slot) {
                host.queue.remove_first();
            }
            self.set_aside(slot, queued, reason, now);
        }
    }

    /// Returns why a queued URL is no longer in scope; `None` if it is.
    pub(super) fn refusal_of(&self, key: &UrlKey, queued: &Queued, request: &Request) -> Option<Refusal> {
        if !self.scope.must_check(queued.entry.head.generation, self.config.generation) {
            return None;
        }
        self.scope.admits_queued(key, request).err()
    }

    /// Sets a URL aside that was taken from its queue.
    pub(super) fn set_aside(&mut self, slot: usize, queued: Queued, reason: Refusal, now: Now) {
        let Queued { position, entry, .. } = queued;
        let Some(host) = self.hosts.get_mut(slot) else { return };
        let key = host.url_key(entry.head.url);
        if entry.head.purpose != VisitPurpose::Links {
            host.admitted = host.admitted.saturating_sub(1);
        }
        let row = SeenRow::SetAside(SetAside::new(reason, now.wall, self.config.generation));
        self.commits.put_aside();
        self.commits.open().set_aside(key, position, entry, row.to_bytes());
        self.count("scheduler/set_aside", 1);
        self.count(format!("scheduler/set_aside/{}", reason.name()), 1);
    }
}
