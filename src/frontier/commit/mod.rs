//! Batches on their way to the store, and questions on their way back.
//!
//! One batch commits while the next fills. Settlements before `Cut(n)` are batch n, and so are the links they brought,
//! however late the store decides them: batch n goes to the writer when every exporter has flushed **and** no question
//! of its own is open. It is remembered until it is committed and the question that was out at that moment is home,
//! because that answer may be older than the commit.

pub(crate) mod batch;
pub(crate) mod codec;
pub(crate) mod entry;
pub(crate) mod inspect;
pub(crate) mod lookup;
pub(crate) mod refusal_log;
pub(crate) mod url_status;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use self::{
    batch::{Batch, BatchState},
    codec::encoded,
};
use super::{Frontier, balance::Balance, invariant::Invariant};
use crate::{
    base::{
        stats::Stats,
        time::{Now, Wall},
    },
    keys::HostKey,
    store::{Commit, HostChange, Recovered, SinkId},
};

/// Bytes of entries in one batch: when both batches are full nothing is lent.
const BATCH_BYTES: usize = 4 << 20;

/// What keeps a batch from being committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holdup {
    /// An exporter has not flushed yet.
    Exporters,
    /// The store has not answered yet.
    Store,
}

impl Frontier {
    /// Whether both batches are full: nothing may be lent and no seed taken until one is committed.
    #[must_use]
    pub(crate) fn is_paused(&self) -> bool {
        self.busy() && self.batches.last().is_some_and(|batch| self.is_full(batch))
    }

    /// Whether the open batch is large enough not to wait for its time.
    #[must_use]
    pub(crate) fn is_flush_due(&self) -> bool {
        !self.busy() && self.batches.last().is_some_and(|batch| self.is_full(batch))
    }

    /// Starts to close the open batch, unless the one before it is not committed or it is empty: the number to flush.
    pub(crate) fn flush(&mut self) -> Option<u64> {
        let busy = self.busy();
        let batch = self.open();
        if busy || batch.progress != BatchState::Open || batch.is_empty() {
            return None;
        }
        batch.progress = BatchState::Flushing;
        Some(batch.number)
    }

    /// Every settlement of batch `number` has come home.
    pub(crate) fn cut(&mut self, number: u64) {
        let batch = self.batch(number);
        if batch.number != number || batch.progress != BatchState::Flushing {
            return;
        }
        batch.progress = BatchState::Cut;
        let touched: Vec<_> = batch.hosts().collect();
        self.batches.push(Batch::new(number + 1));
        if Invariant::Floors.is_kept() {
            self.raise_floors(&touched);
        }
    }

    fn raise_floors(&mut self, touched: &[(HostKey, i64)]) {
        for (host, _) in touched {
            if let Some(host) = self.slots.get(host).and_then(|slot| self.hosts.get_mut(*slot)) {
                host.queue.raise_floors();
            }
        }
    }

    /// Every record of batch `number` is where it should be.
    pub(crate) fn flushed(&mut self, number: u64, positions: Vec<(SinkId, Bytes)>) {
        let batch = self.batch(number);
        if batch.number == number {
            batch.positions = Some(positions);
        }
    }

    /// The next commit, once its batch is complete.
    pub(crate) fn commit(&mut self, now: Now) -> Option<Commit> {
        if self.batches.iter().any(|batch| batch.progress >= BatchState::Committing) {
            return None;
        }
        let index = self.batches.iter().position(|batch| batch.progress == BatchState::Cut)?;
        let batch = self.batches.get_mut(index).filter(|batch| batch.questions == 0 || !Invariant::Wait.is_kept())?;
        let positions = batch.positions.take()?;
        batch.progress = BatchState::Committing;
        self.committed.merge(&batch.balance);
        self.committed_stats.merge(&batch.stats);
        let meta = Meta::encode(&self.committed, &self.committed_stats, &self.widened, now.wall);
        let (number, mut changes) = (batch.number, batch.changes());
        let hosts: Vec<_> = batch.hosts().collect();
        if !Invariant::Floors.is_kept() {
            self.raise_floors(&hosts);
        }
        for (host, change) in hosts {
            let Some(change) = self.host_change(host, change, now) else { continue };
            let partition = host.partition();
            changes.entry(partition).or_default().hosts.push(change);
        }
        for (&partition, part) in &mut changes {
            part.partition = partition;
            part.hosts.sort_unstable_by_key(|change| change.host);
            part.meta = self.seqs.get(&partition).copied().unwrap_or_default().to_be_bytes().to_vec().into();
        }
        Some(Commit { number, changes: changes.into_values().collect(), meta, positions, side_rows: Vec::new() })
    }

    /// The store has batch `number`.
    pub(crate) fn committed(&mut self, number: u64, now: Now) {
        let batch = self.batch(number);
        if batch.number == number && batch.progress == BatchState::Committing {
            batch.progress = BatchState::Committed;
        }
        self.forget_committed(now);
    }

    /// Whether everything that came home is in the store.
    #[must_use]
    pub(crate) fn is_committed(&self) -> bool {
        !self.busy() && self.batches.last().is_none_or(Batch::is_empty)
    }

    /// What the batch before the open one waits for.
    #[must_use]
    pub(crate) fn holdup(&self) -> Option<Holdup> {
        let batch = self.batches.iter().find(|batch| batch.progress < BatchState::Committed)?;
        match batch.progress {
            BatchState::Open | BatchState::Committed => None,
            BatchState::Flushing | BatchState::Cut if batch.positions.is_none() => Some(Holdup::Exporters),
            BatchState::Flushing | BatchState::Cut | BatchState::Committing => Some(Holdup::Store),
        }
    }

    /// Drops what need no longer be remembered.
    pub(super) fn forget_committed(&mut self, now: Now) {
        if self.asked.is_none() || !Invariant::Remember.is_kept() {
            let before = self.batches.len();
            self.batches.retain(|batch| batch.progress != BatchState::Committed);
            if self.batches.len() < before {
                self.see_off(now);
            }
        }
    }

    /// Whether a batch before the open one is on its way.
    fn busy(&self) -> bool {
        self.batches.iter().any(|batch| (BatchState::Flushing..BatchState::Committed).contains(&batch.progress))
    }

    fn is_full(&self, batch: &Batch) -> bool {
        batch.settlements >= self.config.commit_batch || batch.bytes >= BATCH_BYTES
    }

    fn host_change(&mut self, key: HostKey, change: i64, now: Now) -> Option<HostChange> {
        let slot = *self.slots.get(&key)?;
        let host = self.hosts.get_mut(slot)?;
        host.stored = host.stored.saturating_add_signed(change);
        let due = self.hosts.get(slot).and_then(|host| self.due_entry(host, now));
        let host = self.hosts.get_mut(slot)?;
        let old_due = std::mem::replace(&mut host.due, due);
        let row = host.row(self.gates.clock(host.gate), self.run, now);
        Some(HostChange { host: key, row, old_due, new_due: due })
    }
}

/// What a commit says of the crawl as a whole.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) balance: Balance,
    pub(super) stats: Stats,
    /// Where redirects of seeds led: these belong to the scope.
    pub(super) widened: Vec<Url>,
    /// When it was written.
    wall: Wall,
}

impl Meta {
    /// What a commit carries; nothing for nothing.
    pub(super) fn decode(bytes: &[u8]) -> Self {
        postcard::from_bytes(bytes).unwrap_or_default()
    }

    fn encode(balance: &Balance, stats: &Stats, widened: &[Url], wall: Wall) -> Bytes {
        encoded(&(balance, stats, widened, wall))
    }
}

/// When the last commit was made, by its process's clock.
#[must_use]
pub(crate) fn last_moment(recovered: &Recovered) -> Wall {
    Meta::decode(&recovered.meta).wall
}
