//! Copies what is readable of a damaged state directory into a new one.

use std::{collections::BTreeMap, mem, path::Path};

use bytes::Bytes;
use hashbrown::{HashMap, HashSet};

use super::saved::Saved;
use crate::{
    base::{stats::Stats, time::Wall, units::ByteSize},
    error::{Result, StoreError},
    frontier::{
        Balance,
        commit::{
            inspect,
            seen_row::{SeenRow, SetAside},
            url_status::UrlStatus,
        },
        crawl_start::CrawlStart,
        scope::Refusal,
    },
    keys::{HostKey, Partition, UrlKey},
    parser::CrashGuard,
    store::{
        Build, Change, Commit, Config, DamagedCrawl, Durability, HostChange, Inspect, OnDamage, OpenMode,
        QueuePosition, Recovered, SinkId, Store, StoredRow, Table, open_damaged_directory,
    },
};

/// Maximum number of entries per commit.
const MAX_BATCH: usize = 50_000;

/// Memory for writing, in bytes (64 MiB).
const MEMORY: ByteSize = ByteSize(64 << 20);

/// Copies what is readable of the state directory `from` into a new one at `to`.
///
/// # Errors
/// If nothing can be read, or the new directory exists or cannot be written. After an error or a kill there is no new
/// directory.
pub fn salvage(from: &Path, to: &Path) -> Result<Saved> {
    let build = Build::start(to)?;
    let saved = Salvage::open(from, &build)?.run()?;
    build.finish()?;
    Ok(saved)
}

struct Salvage {
    crawl: Box<dyn Inspect>,
    store: Box<dyn Store>,
    /// Number of the last commit written.
    number: u64,
    /// The open batch.
    changes: BTreeMap<Partition, Change>,
    /// Number of entries in the open batch.
    entries: usize,
    /// Highest arrival number in each partition.
    arrivals: BTreeMap<Partition, u64>,
    /// Rows of side tables; written with the first commit.
    side_rows: Vec<(Bytes, Option<Bytes>)>,
    saved: Saved,
}

impl Salvage {
    fn open(from: &Path, build: &Build) -> Result<Self> {
        let DamagedCrawl { crawl, gaps, extent } = open_damaged_directory(from, &build.copy())?;
        // Side tables are cookies and validators: a crawl can do without them.
        let side_rows = crawl.side_rows().unwrap_or_default().into_iter().map(|(key, row)| (key, Some(row))).collect();
        let to = build.directory();
        let config = Config { path: to.clone(), memory: MEMORY, durability: Durability::Fsync, ..Config::default() };
        let store = config.engine().open(OpenMode::Build, crawl.outputs())?;
        // Creates an empty file: suspects are not worth saving.
        drop(CrashGuard::open(&to.join("parsing"), CrawlStart::New)?);
        Ok(Self {
            crawl,
            store,
            number: 0,
            changes: BTreeMap::new(),
            entries: 0,
            arrivals: BTreeMap::new(),
            side_rows,
            saved: Saved { gaps, extent, ..Saved::default() },
        })
    }

    fn run(mut self) -> Result<Saved> {
        let queues = self.save_queues()?;
        let aside = self.save_aside(&queues)?;
        self.save_seen(&queues, &aside)?;
        let mut recovered = self.crawl.recovered().unwrap_or_default();
        if !self.saved.extent.knows_positions() {
            // An older position would cut off records of URLs that ended.
            recovered.positions.clear();
        }
        self.saved.unknown = self.outputs_without_position(&recovered.positions);
        self.save_hosts(&queues)?;
        // Counters that cannot be read start again at zero; the URLs are counted.
        let stats = inspect::counters(&recovered.meta).map(|(_, stats)| stats).unwrap_or_default();
        self.commit(&stats, &recovered)?;
        Ok(self.saved)
    }

    fn outputs_without_position(&self, positions: &[(SinkId, Bytes)]) -> Vec<String> {
        let has_position = |id: usize| positions.iter().any(|(other, _)| usize::from(*other) == id);
        let outputs = self.crawl.outputs().iter().enumerate().filter(|(id, _)| !has_position(*id));
        outputs.map(|(_, name)| name.clone()).collect()
    }

    /// Saves the queues, and returns what is in them.
    fn save_queues(&mut self) -> Result<HashMap<HostKey, Queue>> {
        let mut found: Vec<(HostKey, QueuePosition, Bytes)> = Vec::new();
        self.saved.gaps += self.crawl.scan(Table::Queue, OnDamage::Skip, &mut |row| {
            if let StoredRow::Queued(host, position, bytes) = row {
                found.push((host, position, bytes));
            }
            Ok(())
        })?;
        let mut queues: HashMap<HostKey, Queue> = HashMap::new();
        for (host, position, bytes) in found {
            let Some(entry) = inspect::entry(&bytes) else { continue };
            let queue = queues.entry(host).or_insert_with(|| Queue::new(inspect::new_host(host, &entry.request)));
            if !queue.urls.insert(entry.url) {
                continue;
            }
            let floor = queue.floors.entry(position.rank).or_insert(position.seq);
            *floor = position.seq.min(*floor);
            let arrival = self.arrivals.entry(host.partition()).or_default();
            *arrival = position.seq.max(*arrival);
            let row = SeenRow::queued(None);
            self.change(host.partition()).admit.push((UrlKey { host, url: entry.url }, position, bytes, row));
            self.saved.queued += 1;
            self.commit_if_full()?;
        }
        Ok(queues)
    }

    /// Saves the URLs set aside, and returns their keys.
    fn save_aside(&mut self, queues: &HashMap<HostKey, Queue>) -> Result<HashSet<UrlKey>> {
        let mut found = Vec::new();
        self.saved.gaps += self.crawl.scan(Table::Aside, OnDamage::Skip, &mut |row| {
            if let StoredRow::Aside(url, entry) = row
                && inspect::entry(&entry).is_some()
                && !is_queued(queues, &url)
            {
                found.push((url, entry));
            }
            Ok(())
        })?;
        let aside: HashSet<UrlKey> = found.iter().map(|(url, _)| *url).collect();
        // The next start finds out whether they are in scope. Until then the reason does not matter.
        let row = SeenRow::SetAside(SetAside::new(Refusal::Scope, Wall(0), 0)).to_bytes();
        for (url, entry) in found {
            self.change(url.host.partition()).set_aside.push((url, None, entry, row.clone()));
            self.saved.set_aside += 1;
            self.commit_if_full()?;
        }
        Ok(aside)
    }

    /// Saves the URLs that ended, and counts those that should be in a queue and are not.
    fn save_seen(&mut self, queues: &HashMap<HostKey, Queue>, aside: &HashSet<UrlKey>) -> Result<()> {
        let mut found = Vec::new();
        let (mut lost, mut ended) = (0, 0);
        let unreadable = SeenRow::Ended(UrlStatus::unreadable()).to_bytes();
        self.saved.gaps += self.crawl.scan(Table::Seen, OnDamage::Skip, &mut |row| {
            if let StoredRow::Seen(url, row) = row
                && !is_queued(queues, &url)
            {
                match SeenRow::from_bytes(&row) {
                    Some(SeenRow::Queued { .. }) => lost += 1,
                    Some(SeenRow::SetAside(_)) if aside.contains(&url) => {}
                    Some(SeenRow::SetAside(_)) => lost += 1,
                    Some(SeenRow::Ended(status)) => {
                        ended += u64::from(!status.is_refusal());
                        found.push((url, None, row));
                    }
                    None => {
                        // Known, in a way that is lost. It must not be fetched again: its records may be written.
                        ended += 1;
                        found.push((url, None, unreadable.clone()));
                    }
                }
            }
            Ok(())
        })?;
        (self.saved.ended, self.saved.lost) = (ended, lost);
        for settled in found {
            self.change(settled.0.host.partition()).settle.push(settled);
            self.commit_if_full()?;
        }
        Ok(())
    }

    fn save_hosts(&mut self, queues: &HashMap<HostKey, Queue>) -> Result<()> {
        let mut rows: HashMap<HostKey, Bytes> = queues.iter().map(|(key, queue)| (*key, queue.row.clone())).collect();
        self.saved.gaps += self.crawl.scan(Table::Hosts, OnDamage::Skip, &mut |row| {
            if let StoredRow::Host(host, row) = row
                && inspect::host(&row).is_some()
            {
                rows.insert(host, row);
            }
            Ok(())
        })?;
        for (host, row) in rows {
            let queue = queues.get(&host);
            let queued = queue.map_or(0, |queue| queue.urls.len() as u64);
            let floors =
                queue.iter().flat_map(|queue| &queue.floors).map(|(&rank, &seq)| QueuePosition { rank, seq }).collect();
            let Some((row, new_due)) = inspect::recounted(&row, queued, floors) else { continue };
            self.change(host.partition()).hosts.push(HostChange { host, row, old_due: None, new_due });
            self.saved.hosts += 1;
            self.commit_if_full()?;
        }
        Ok(())
    }

    fn change(&mut self, partition: Partition) -> &mut Change {
        self.entries += 1;
        self.changes.entry(partition).or_insert_with(|| Change { partition, ..Change::default() })
    }

    fn commit_if_full(&mut self) -> Result<()> {
        if self.entries < MAX_BATCH { Ok(()) } else { self.commit(&Stats::default(), &Recovered::default()) }
    }

    /// Commits the open batch. The last commit has the counters, by which every saved URL was admitted once.
    fn commit(&mut self, stats: &Stats, recovered: &Recovered) -> Result<()> {
        self.number += 1;
        self.entries = 0;
        let mut changes: Vec<_> = mem::take(&mut self.changes).into_values().collect();
        for change in &mut changes {
            let arrival = self.arrivals.get(&change.partition).copied().unwrap_or_default();
            change.meta = inspect::encode_arrival(arrival);
        }
        let Saved { queued, ended, set_aside, .. } = self.saved;
        let admitted = queued + ended + set_aside;
        let balance = Balance { offered: admitted, admitted, done: ended, ..Balance::default() };
        let commit = Commit {
            number: self.number,
            changes,
            meta: inspect::encode_counters(balance, set_aside, stats, &recovered.meta),
            positions: recovered.positions.clone(),
            side_rows: mem::take(&mut self.side_rows),
        };
        self.store.commit(&commit).map(drop).map_err(StoreError::into)
    }
}

fn is_queued(queues: &HashMap<HostKey, Queue>, url: &UrlKey) -> bool {
    queues.get(&url.host).is_some_and(|queue| queue.urls.contains(&url.url))
}

/// What is left of a host's queue.
struct Queue {
    urls: HashSet<u64>,
    /// Where each rank begins.
    floors: BTreeMap<u8, u64>,
    /// New row, in case the stored one is lost.
    row: Bytes,
}

impl Queue {
    fn new(row: Bytes) -> Self {
        Self { urls: HashSet::new(), floors: BTreeMap::new(), row }
    }
}
