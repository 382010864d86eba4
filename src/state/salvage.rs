//! What can be read of a damaged state directory, put into a new one.

use std::{
    collections::BTreeMap,
    fmt, fs, mem,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use hashbrown::{HashMap, HashSet};

use crate::{
    base::stats::Stats,
    error::{Error, Result, StoreError},
    frontier::{
        Balance,
        commit::{inspect, url_status::UrlStatus},
    },
    keys::{HostKey, Partition, UrlKey},
    parser::{CrashGuard, StartKind},
    store::{
        Change, Commit, Durability, EmbeddedStore, Extent, HostChange, OnDamage, QueuePosition, Recovered, Setup,
        SinkId, StateReader, Store as _, StoredRow, Table, Wanted,
    },
};

/// Entries in one commit, at most.
const BATCH: usize = 50_000;

/// Memory for writing.
const MEMORY: u64 = 64 << 20;

/// What was saved, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// URLs in queues.
    pub queued: u64,
    /// URLs that have ended.
    pub ended: u64,
    /// Hosts.
    pub hosts: u64,
    /// URLs that were queued and whose requests are gone: they are asked for when somebody links to them again.
    pub lost: u64,
    /// Places that could not be read: what stood there, and how much, is not known.
    pub gaps: u64,
    /// How far each part of the damaged state reached.
    pub reach: Extent,
    /// The outputs of which it is not known how far they are committed: going on appends to them and cuts nothing, so that
    /// records may be in them twice, or be missing.
    pub unknown: Vec<String>,
}

impl fmt::Display for Saved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queued, ended, hosts, lost, gaps, reach, unknown } = self;
        write!(
            formatter,
            "saved {queued} queued and {ended} ended URLs of {hosts} hosts; lost {lost} queued URLs; {gaps} places could \
             not be read"
        )?;
        tell_reach(reach, formatter)?;
        if *gaps > 0 || *lost > 0 {
            formatter.write_str(
                "\npages of which the end is lost are fetched again, and their records come twice; queued URLs that are \
                 lost are asked for only if somebody links to them again",
            )?;
        }
        unknown.iter().try_for_each(|output| {
            write!(
                formatter,
                "\noutput {output}: how far it is committed is not known; the next start appends to it and cuts nothing: \
                 records may be in it twice, or be missing"
            )
        })
    }
}

/// Tells which commits are missing, if any.
fn tell_reach(reach: &Extent, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Extent { anchor, seen, queue, hosts, positions, missing } = reach;
    if *missing > 0 {
        let newest = reach.newest();
        write!(
            formatter,
            "\nof {newest} commits {missing} are not there or not whole: the URLs seen end at commit {seen}, the queues at \
             {queue}, the hosts at {hosts}, the outputs' positions at {positions}"
        )?;
    }
    match anchor {
        Some(_) => Ok(()),
        None => formatter.write_str("\nthe anchor cannot be read: whether commits are missing at the end is not known"),
    }
}

/// Copies what can be read of the state directory `from` into a new one at `to`.
///
/// # Errors
/// When nothing of it can be read, or the new one not be written.
pub fn salvage(from: &Path, to: &Path) -> Result<Saved> {
    let copy = beside(to);
    let saved = Salvage::open(from, to, &copy).and_then(Salvage::run);
    match fs::remove_dir_all(&copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::File { path: copy, error }),
        Ok(()) | Err(_) => saved,
    }
}

/// Where the damaged database is copied to for the time being.
fn beside(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".salvage");
    name.into()
}

struct Salvage {
    archive: StateReader,
    store: EmbeddedStore,
    number: u64,
    parts: BTreeMap<Partition, Change>,
    entries: usize,
    /// The highest arrival in each partition.
    arrivals: BTreeMap<Partition, u64>,
    /// What others keep.
    kept: Vec<(Bytes, Option<Bytes>)>,
    saved: Saved,
}

impl Salvage {
    fn open(from: &Path, to: &Path, copy: &Path) -> Result<Self> {
        let archive = StateReader::open_damaged(from, copy)?;
        let setup = Setup {
            path: to.to_owned(),
            wanted: Wanted::Fresh,
            outputs: archive.outputs.clone(),
            memory: MEMORY,
            durability: Durability::Os,
        };
        // Cookies, if they can be read.
        let kept = archive.kept().unwrap_or_default().into_iter().map(|(key, row)| (key, Some(row))).collect();
        let store = EmbeddedStore::open(setup)?;
        // A suspicion is not worth saving.
        drop(CrashGuard::open(&to.join("parsing"), StartKind::New)?);
        let saved = Saved { gaps: archive.gaps, reach: archive.reach, ..Saved::default() };
        Ok(Self {
            archive,
            store,
            number: 0,
            parts: BTreeMap::new(),
            entries: 0,
            arrivals: BTreeMap::new(),
            kept,
            saved,
        })
    }

    fn run(mut self) -> Result<Saved> {
        let queued = self.queues()?;
        self.ended(&queued)?;
        let mut recovered = self.archive.recovered().unwrap_or_default();
        if !self.saved.reach.knows_positions() {
            // An older one would cut off records whose URLs have ended.
            recovered.positions.clear();
        }
        self.saved.unknown = self.unknown(&recovered.positions);
        self.hosts(&queued)?;
        let stats = inspect::counters(&recovered.meta).map(|(_, stats)| stats).unwrap_or_default();
        self.commit(&stats, &recovered)?;
        Ok(self.saved)
    }

    /// The outputs that have no position.
    fn unknown(&self, positions: &[(SinkId, Bytes)]) -> Vec<String> {
        let names = self.archive.outputs.iter().enumerate();
        let has_none = |id: usize| positions.iter().all(|(other, _)| usize::from(*other) != id);
        names.filter(|(id, _)| has_none(*id)).map(|(_, name)| name.clone()).collect()
    }

    /// Saves the queues. Says what is in them, by host.
    fn queues(&mut self) -> Result<HashMap<HostKey, Queue>> {
        let mut found: Vec<(HostKey, QueuePosition, Bytes)> = Vec::new();
        self.saved.gaps += self.archive.scan(Table::Queue, OnDamage::Skip, |item| {
            if let StoredRow::Queued(host, place, bytes) = item {
                found.push((host, place, bytes));
            }
            Ok(())
        })?;
        let mut queues: HashMap<HostKey, Queue> = HashMap::new();
        for (host, place, bytes) in found {
            let Some(entry) = inspect::entry(&bytes) else { continue };
            let queue = queues.entry(host).or_insert_with(|| Queue::new(inspect::new_host(host, &entry.request)));
            if !queue.urls.insert(entry.url) {
                continue;
            }
            let floor = queue.floors.entry(place.rank).or_insert(place.seq);
            *floor = place.seq.min(*floor);
            let arrival = self.arrivals.entry(host.partition()).or_default();
            *arrival = place.seq.max(*arrival);
            self.part(host.partition()).admit.push((UrlKey { host, url: entry.url }, place, bytes));
            self.saved.queued += 1;
            self.commit_if_full()?;
        }
        Ok(queues)
    }

    /// Saves what is known of URLs that have ended, and counts those that should be queued and are not.
    fn ended(&mut self, queues: &HashMap<HostKey, Queue>) -> Result<()> {
        let mut found = Vec::new();
        let mut lost = 0;
        self.saved.gaps += self.archive.scan(Table::Seen, OnDamage::Skip, |item| {
            if let StoredRow::Seen(url, outcome) = item {
                let is_queued = queues.get(&url.host).is_some_and(|queue| queue.urls.contains(&url.url));
                match (is_queued, outcome.is_empty()) {
                    (false, false) => found.push((url, None, outcome)),
                    (false, true) => lost += 1,
                    (true, _) => {}
                }
            }
            Ok(())
        })?;
        let is_end = |outcome: &Bytes| UrlStatus::from_bytes(outcome).is_none_or(|fate| !fate.is_refusal());
        let ended = found.iter().filter(|(.., outcome)| is_end(outcome)).count() as u64;
        (self.saved.ended, self.saved.lost) = (ended, lost);
        for ended in found {
            self.part(ended.0.host.partition()).settle.push(ended);
            self.commit_if_full()?;
        }
        Ok(())
    }

    fn hosts(&mut self, queues: &HashMap<HostKey, Queue>) -> Result<()> {
        let mut rows: HashMap<HostKey, Bytes> = queues.iter().map(|(key, queue)| (*key, queue.row.clone())).collect();
        self.saved.gaps += self.archive.scan(Table::Hosts, OnDamage::Skip, |item| {
            if let StoredRow::Host(host, row) = item
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
            self.part(host.partition()).hosts.push(HostChange { host, row, old_due: None, new_due });
            self.saved.hosts += 1;
            self.commit_if_full()?;
        }
        Ok(())
    }

    fn part(&mut self, partition: Partition) -> &mut Change {
        self.entries += 1;
        self.parts.entry(partition).or_insert_with(|| Change { partition, ..Change::default() })
    }

    fn commit_if_full(&mut self) -> Result<()> {
        if self.entries < BATCH { Ok(()) } else { self.commit(&Stats::default(), &Recovered::default()) }
    }

    /// Commits what has come together; the last one has the counters, in which every URL saved is admitted once.
    fn commit(&mut self, stats: &Stats, recovered: &Recovered) -> Result<()> {
        self.number += 1;
        self.entries = 0;
        let mut parts: Vec<_> = mem::take(&mut self.parts).into_values().collect();
        for part in &mut parts {
            part.meta = self.arrivals.get(&part.partition).copied().unwrap_or_default().to_be_bytes().to_vec().into();
        }
        let Saved { queued, ended, .. } = &self.saved;
        let (admitted, ended) = (queued + ended, *ended);
        let balance = Balance { offered: admitted, admitted, done: ended, ..Balance::default() };
        let meta = inspect::encode_counters(balance, stats, &recovered.meta);
        let positions = recovered.positions.clone();
        let number = self.number;
        let kept = mem::take(&mut self.kept);
        self.store.commit(&Commit { number, parts, meta, positions, kept }).map(drop).map_err(StoreError::into)
    }
}

/// What is left of a host's queue.
struct Queue {
    urls: HashSet<u64>,
    /// Where each rank begins.
    floors: BTreeMap<u8, u64>,
    /// A row, for when its own is gone.
    row: Bytes,
}

impl Queue {
    fn new(row: Bytes) -> Self {
        Self { urls: HashSet::new(), floors: BTreeMap::new(), row }
    }
}
