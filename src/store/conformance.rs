//! Tests for every engine: compares it with a plain model, commit by commit.

use std::collections::BTreeMap;

use bytes::Bytes;
use fastrand::Rng;

use super::{
    AsideAfter, Change, Commit, DueAfter, Engine as _, Grant, HeadsAfter, HostChange, Inspect, KeysAfter, MemoryStore,
    OnDamage, OpenMode, Query, QueryResult, QueuePosition, Recovered, SinkId, Store, StoredRow, Table, embedded,
};
use crate::{
    base::time::Wall,
    keys::{HostKey, Partition, UrlKey},
};

/// Number of commits in a run.
const COMMITS: u64 = 60;

/// Hosts of a run: in three partitions.
const HOSTS: [HostKey; 4] = [HostKey(1), HostKey(2), HostKey(1 << 56), HostKey(u64::MAX)];

/// Ranks of a run.
const RANKS: std::ops::Range<u8> = 126..129;

/// The expected state.
#[derive(Clone, Debug, Default)]
struct Model {
    number: u64,
    seen: BTreeMap<UrlKey, Bytes>,
    queue: BTreeMap<(HostKey, QueuePosition), (UrlKey, Bytes)>,
    aside: BTreeMap<UrlKey, Bytes>,
    rows: BTreeMap<HostKey, Bytes>,
    due: BTreeMap<HostKey, Wall>,
    partitions: BTreeMap<Partition, Bytes>,
    positions: Vec<(SinkId, Bytes)>,
    side_rows: BTreeMap<Bytes, Bytes>,
    seq: u64,
}

/// Runs the suite. `open` opens the store with its last state; at most one is open at a time. `inspect` opens the stored
/// crawl after the last store is closed.
fn conformance(mut open: impl FnMut() -> Box<dyn Store>, inspect: impl FnOnce() -> Box<dyn Inspect>) {
    let mut rng = Rng::with_seed(7);
    let (mut store, mut model) = (open(), Model::default());
    assert_eq!(store.recover().unwrap(), Recovered::default());
    while model.number < COMMITS {
        // A query that runs during a commit sees the whole state before it or after it, and returns its number.
        let before = model.clone();
        let mut reader = store.reader();
        let (query, commit) = (model.random_query(&mut rng), model.random_commit(&mut rng));
        let result = std::thread::scope(|scope| {
            let queried = scope.spawn(|| reader.query(&query).unwrap());
            store.commit(&commit).unwrap();
            queried.join().unwrap()
        });
        let expected = if result.as_of == model.number { &model } else { &before };
        assert_eq!(result, expected.query(&query));
        // Committing a number again changes nothing.
        let other = Commit { meta: Bytes::from_static(b"other"), ..commit };
        store.commit(&other).unwrap();
        if rng.u8(..5) == 0 {
            drop((store, reader));
            store = open();
        }
        model.check(&mut *store, &mut rng);
    }
    drop(store);
    model.check_inspect(&*inspect(), &mut rng);
}

impl Model {
    /// Applies a random commit and returns it.
    fn random_commit(&mut self, rng: &mut Rng) -> Commit {
        self.number += 1;
        let value = Bytes::from(self.number.to_string());
        let mut changes: BTreeMap<Partition, Change> = BTreeMap::new();
        self.admit_some(&mut changes, &value, rng);
        self.restore_some(&mut changes, &value, rng);
        self.move_some(&mut changes, &value, rng);
        self.note_some(&mut changes, &value, rng);
        self.change_hosts(&mut changes, &value, rng);
        for (&partition, change) in &mut changes {
            (change.partition, change.meta) = (partition, value.clone());
            self.partitions.insert(partition, value.clone());
        }
        self.positions = vec![(0, value.clone()), (7, Bytes::new())];
        Commit {
            number: self.number,
            changes: changes.into_values().collect(),
            positions: self.positions.clone(),
            side_rows: self.change_side_rows(&value, rng),
            meta: value,
        }
    }

    fn admit_some(&mut self, changes: &mut BTreeMap<Partition, Change>, value: &Bytes, rng: &mut Rng) {
        for _ in 0..rng.usize(..20) {
            let host = HOSTS[rng.usize(..HOSTS.len())];
            let url = UrlKey { host, url: rng.u64(..) };
            self.seq += 1;
            let position = QueuePosition { rank: rng.u8(RANKS), seq: self.seq };
            let row = if rng.bool() { Bytes::new() } else { Bytes::from_static(b"queued") };
            changes.entry(host.partition()).or_default().admit.push((url, position, value.clone(), row.clone()));
            self.seen.insert(url, row);
            self.queue.insert((host, position), (url, value.clone()));
        }
    }

    /// Queues some of the URLs set aside again.
    fn restore_some(&mut self, changes: &mut BTreeMap<Partition, Change>, value: &Bytes, rng: &mut Rng) {
        for url in self.aside.keys().copied().collect::<Vec<_>>() {
            if rng.u8(..3) == 0 {
                self.seq += 1;
                let position = QueuePosition { rank: rng.u8(RANKS), seq: self.seq };
                let change = changes.entry(url.host.partition()).or_default();
                change.restored.push(url);
                change.admit.push((url, position, value.clone(), Bytes::new()));
                self.aside.remove(&url);
                self.seen.insert(url, Bytes::new());
                self.queue.insert((url.host, position), (url, value.clone()));
            }
        }
    }

    /// Changes the rows of some keys that are not those of queued URLs.
    fn note_some(&mut self, changes: &mut BTreeMap<Partition, Change>, value: &Bytes, rng: &mut Rng) {
        for host in HOSTS.into_iter().filter(|_| rng.bool()) {
            let url = UrlKey { host, url: 1 };
            changes.entry(host.partition()).or_default().notes.push((url, value.clone()));
            self.seen.insert(url, value.clone());
        }
    }

    fn move_some(&mut self, changes: &mut BTreeMap<Partition, Change>, value: &Bytes, rng: &mut Rng) {
        for ((host, position), (url, _)) in self.queue.clone() {
            let change = changes.entry(host.partition()).or_default();
            if change.admit.iter().any(|(admitted, ..)| *admitted == url) {
                continue;
            }
            match rng.u8(..7) {
                0 => {
                    self.seq += 1;
                    let new = QueuePosition { seq: self.seq, ..position };
                    change.requeue.push((url, position, new, value.clone()));
                    self.queue.remove(&(host, position));
                    self.queue.insert((host, new), (url, value.clone()));
                }
                1 => {
                    change.settle.push((url, Some(position), value.clone()));
                    self.queue.remove(&(host, position));
                    self.seen.insert(url, value.clone());
                }
                2 => {
                    let row = Bytes::from_static(b"aside");
                    change.set_aside.push((url, Some(position), value.clone(), row.clone()));
                    self.queue.remove(&(host, position));
                    self.aside.insert(url, value.clone());
                    self.seen.insert(url, row);
                }
                _ => {}
            }
        }
    }

    fn change_hosts(&mut self, changes: &mut BTreeMap<Partition, Change>, value: &Bytes, rng: &mut Rng) {
        for host in HOSTS {
            if rng.bool() {
                let new_due = rng.bool().then(|| Wall(rng.u64(..50)));
                let change = HostChange { host, row: value.clone(), old_due: self.due.remove(&host), new_due };
                new_due.and_then(|at| self.due.insert(host, at));
                self.rows.insert(host, value.clone());
                changes.entry(host.partition()).or_default().hosts.push(change);
            }
        }
    }

    fn change_side_rows(&mut self, value: &Bytes, rng: &mut Rng) -> Vec<(Bytes, Option<Bytes>)> {
        let rows = (0..rng.u8(..4)).map(|key| (vec![key].into(), rng.bool().then(|| value.clone())));
        let rows: Vec<(Bytes, _)> = rows.collect();
        for (key, row) in rows.clone() {
            match row {
                Some(row) => drop(self.side_rows.insert(key, row)),
                None => drop(self.side_rows.remove(&key)),
            }
        }
        rows
    }

    /// Returns a query that reads some of everything.
    fn random_query(&self, rng: &mut Rng) -> Query {
        let unknown = HOSTS.map(|host| UrlKey { host, url: 0 });
        let mut seen: Vec<_> = self.seen.keys().copied().filter(|_| rng.bool()).chain(unknown).collect();
        seen.sort_unstable();
        let positions: Vec<_> = self.queue.keys().copied().collect();
        let after =
            |host, rng: &mut Rng| rng.choice(&positions).filter(|(of, _)| *of == host).map(|(_, position)| *position);
        let limit = rng.u16(1..12);
        let heads = HOSTS.map(|host| {
            let ranks = RANKS.filter(|_| rng.bool()).collect::<Vec<u8>>();
            let floors = ranks.into_iter().map(|rank| QueuePosition { rank, seq: rng.u64(..=self.seq) }).collect();
            HeadsAfter { host, after: after(host, rng), floors, limit }
        });
        let due = [0, 1, u8::MAX].map(|partition| {
            let due = self.due.iter().filter(|(host, _)| host.partition() == partition).map(|(&host, &at)| (at, host));
            let after = rng.choice(due.collect::<Vec<_>>());
            DueAfter { partition, after, until: Wall(rng.u64(..60)), limit }
        });
        let known = rng.choice(self.seen.keys()).copied();
        let keys = rng.bool().then(|| KeysAfter { after: known, limit: limit.into() });
        let after = rng.choice(self.aside.keys()).copied().filter(|_| rng.bool());
        let aside = rng.bool().then_some(AsideAfter { after, limit });
        Query { seen, hosts: HOSTS.to_vec(), heads: heads.into(), due: due.into(), keys, aside }
    }

    /// Returns the expected result of a query.
    fn query(&self, query: &Query) -> QueryResult {
        let heads = |from: &HeadsAfter| {
            let is_above_floor = |position: &QueuePosition| {
                from.floors.iter().any(|floor| floor.rank == position.rank && floor.seq <= position.seq)
            };
            let entries = self.queue.iter().filter(|((host, position), _)| {
                let is_after = from.after.is_none_or(|after| *position > after);
                *host == from.host && is_after && is_above_floor(position)
            });
            let entries = entries.take(from.limit.into());
            entries.map(|((_, position), (_, entry))| (*position, entry.clone())).collect()
        };
        let due = |from: &DueAfter| {
            let mut hosts: Vec<_> = self.due.iter().map(|(&host, &at)| (at, host)).collect();
            hosts.retain(|&(at, host)| {
                let is_after = from.after.is_none_or(|after| (at, host) > after);
                host.partition() == from.partition && at <= from.until && is_after
            });
            hosts.sort_unstable();
            hosts.truncate(from.limit.into());
            hosts
        };
        let keys = |from: &KeysAfter| {
            let keys = self.seen.keys().filter(|url| from.after.is_none_or(|after| **url > after));
            keys.take(from.limit.try_into().unwrap()).copied().collect::<Vec<_>>()
        };
        let aside = |from: &AsideAfter| {
            let rows = self.aside.iter().filter(|(url, _)| from.after.is_none_or(|after| **url > after));
            rows.take(from.limit.into()).map(|(url, entry)| (*url, entry.clone())).collect::<Vec<_>>()
        };
        QueryResult {
            as_of: self.number,
            seen: query.seen.iter().map(|url| self.seen.get(url).cloned()).collect(),
            hosts: query.hosts.iter().map(|host| self.rows.get(host).cloned()).collect(),
            heads: query.heads.iter().map(heads).collect(),
            due: query.due.iter().map(due).collect(),
            keys: query.keys.iter().flat_map(keys).collect(),
            aside: query.aside.iter().flat_map(aside).collect(),
        }
    }

    /// Returns the expected rows of a table, in key order.
    fn rows(&self, table: Table) -> Vec<StoredRow> {
        match table {
            Table::Seen => self.seen.iter().map(|(url, status)| StoredRow::Seen(*url, status.clone())).collect(),
            Table::Queue => {
                let entries = self.queue.iter();
                entries.map(|((host, at), (_, entry))| StoredRow::Queued(*host, *at, entry.clone())).collect()
            }
            Table::Hosts => self.rows.iter().map(|(host, row)| StoredRow::Host(*host, row.clone())).collect(),
            Table::Aside => self.aside.iter().map(|(url, entry)| StoredRow::Aside(*url, entry.clone())).collect(),
            Table::Due => {
                let mut hosts: Vec<_> = self.due.iter().map(|(host, at)| (host.partition(), *at, *host)).collect();
                hosts.sort_unstable();
                hosts.into_iter().map(|(_, at, host)| StoredRow::Due(host, at)).collect()
            }
        }
    }

    fn recovered(&self) -> Recovered {
        let meta = Bytes::from(self.number.to_string());
        Recovered { number: self.number, meta, positions: self.positions.clone() }
    }

    /// Checks that an open store has this state.
    fn check(&self, store: &mut dyn Store, rng: &mut Rng) {
        assert_eq!(store.recover().unwrap(), self.recovered());
        assert_eq!(store.side_rows().unwrap().into_iter().collect::<BTreeMap<_, _>>(), self.side_rows);
        let query = self.random_query(rng);
        assert_eq!(store.reader().query(&query).unwrap(), self.query(&query));
        for grant in store.claim_partitions(Wall(0), &[]).unwrap() {
            let Grant::Begin { partition, meta, .. } = grant else { panic!("{grant:?}") };
            assert_eq!(meta, self.partitions.get(&partition).cloned().unwrap_or_default());
        }
    }

    /// Checks that a stored crawl has this state.
    fn check_inspect(&self, crawl: &dyn Inspect, rng: &mut Rng) {
        assert_eq!(crawl.recovered().unwrap(), self.recovered());
        assert_eq!(crawl.side_rows().unwrap().into_iter().collect::<BTreeMap<_, _>>(), self.side_rows);
        let query = self.random_query(rng);
        assert_eq!(crawl.query(&query).unwrap(), self.query(&query));
        for table in [Table::Seen, Table::Queue, Table::Aside, Table::Hosts, Table::Due] {
            let mut rows = Vec::new();
            let mut each = |row| {
                rows.push(row);
                Ok(())
            };
            assert_eq!(crawl.scan(table, OnDamage::Stop, &mut each).unwrap(), 0);
            assert_eq!(rows, self.rows(table));
        }
    }
}

#[test]
fn memory_conforms() {
    let store = MemoryStore::new();
    conformance(|| store.open(OpenMode::ResumeOrCreate, &[]).unwrap(), || Box::new(store.clone()));
}

#[test]
fn embedded_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let engine = embedded::EmbeddedEngine::new(embedded::tests::setup(&folder.path().join("state")));
    let outputs = ["out.jsonl".to_owned()];
    conformance(
        || engine.open(OpenMode::ResumeOrCreate, &outputs).unwrap(),
        || {
            let crawl = engine.inspect().unwrap().expect("a state directory outlives the process");
            assert_eq!(crawl.outputs(), outputs);
            crawl
        },
    );
}
