//! The commit protocol: flush, cut, commit.

use bytes::Bytes;

use super::{Holdup, commits::CommitParts};
use crate::{
    base::time::Now,
    frontier::{Frontier, invariant::Invariant},
    keys::HostKey,
    store::{Commit, HostChange, SinkId},
};

impl Frontier {
    /// Returns true if both batches are full: nothing may be leased and no seed accepted until one is committed.
    #[must_use]
    pub(crate) fn is_paused(&self) -> bool {
        self.commits.is_paused()
    }

    /// Returns true if the open batch is large enough to be flushed before `store.commit_interval` is over.
    #[must_use]
    pub(crate) fn is_flush_due(&self) -> bool {
        self.commits.is_flush_due()
    }

    /// Returns true if everything settled is in the store.
    #[must_use]
    pub(crate) fn is_committed(&self) -> bool {
        self.commits.is_committed()
    }

    /// Returns what the batch before the open one waits for.
    #[must_use]
    pub(crate) fn holdup(&self) -> Option<Holdup> {
        self.commits.holdup()
    }

    /// Starts to flush the open batch, unless it is empty or the one before it is not committed. Returns its number.
    pub(crate) fn flush(&mut self) -> Option<u64> {
        self.commits.flush()
    }

    /// Closes batch `number`: all its settlements have arrived.
    pub(crate) fn cut(&mut self, number: u64) {
        let Some(hosts) = self.commits.cut(number) else { return };
        if Invariant::Floors.is_kept() {
            self.raise_floors(hosts.iter());
        }
    }

    /// Notes that all records of batch `number` are flushed, up to these positions.
    pub(crate) fn flushed(&mut self, number: u64, positions: Vec<(SinkId, Bytes)>) {
        self.commits.flushed(number, positions);
    }

    /// Returns the next commit, if its batch is complete.
    pub(crate) fn commit(&mut self, now: Now) -> Option<Commit> {
        let parts = self.commits.start_commit(now.wall)?;
        let CommitParts { number, mut changes, hosts, meta, positions, side_rows } = parts;
        if !Invariant::Floors.is_kept() {
            self.raise_floors(hosts.iter().map(|(host, _)| host));
        }
        for (host, change) in hosts {
            let Some(change) = self.host_change(host, change, now) else { continue };
            changes.entry(host.partition()).or_default().hosts.push(change);
        }
        for (&partition, part) in &mut changes {
            part.partition = partition;
            part.hosts.sort_unstable_by_key(|change| change.host);
            part.meta = self.commits.partition_meta(partition);
        }
        Some(Commit { number, changes: changes.into_values().collect(), meta, positions, side_rows })
    }

    /// Notes that the store has batch `number`.
    pub(crate) fn committed(&mut self, number: u64, now: Now) {
        self.commits.committed(number);
        self.forget_committed(now);
    }

    /// Drops batches that need not be remembered any longer.
    pub(super) fn forget_committed(&mut self, now: Now) {
        if self.commits.forget_committed() {
            self.finish_evictions(now);
        }
    }

    fn raise_floors<'a>(&mut self, hosts: impl Iterator<Item = &'a HostKey>) {
        for host in hosts {
            if let Some(host) = self.hosts.by_key_mut(host) {
                host.queue.raise_floors();
            }
        }
    }

    /// Returns the row of a host whose queue in the store changes by `change` entries.
    fn host_change(&mut self, key: HostKey, change: i64, now: Now) -> Option<HostChange> {
        let slot = self.hosts.slot(&key)?;
        let host = self.hosts.get_mut(slot)?;
        host.stored = host.stored.saturating_add_signed(change);
        let due = self.hosts.get(slot).and_then(|host| self.due_entry(host, now));
        let host = self.hosts.get_mut(slot)?;
        let old_due = std::mem::replace(&mut host.due, due);
        let row = host.to_row(self.schedule.next_allowed(&host.politeness), self.run, now);
        Some(HostChange { host: key, row, old_due, new_due: due })
    }
}
