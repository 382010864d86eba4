//! What every [`Store`] must do: held against a plain model of one, commit by commit.

use std::collections::BTreeMap;

use super::*;

/// Commits in one run.
const COMMITS: u64 = 60;

/// Hosts that a run is about: in two partitions.
const HOSTS: [HostKey; 4] = [HostKey(1), HostKey(2), HostKey(1 << 56), HostKey(u64::MAX)];

/// What should be there.
#[derive(Clone, Debug, Default)]
struct Model {
    number: u64,
    seen: BTreeMap<UrlKey, Bytes>,
    queue: BTreeMap<(HostKey, QueuePosition), (UrlKey, Bytes)>,
    rows: BTreeMap<HostKey, Bytes>,
    due: BTreeMap<HostKey, Wall>,
    partitions: BTreeMap<Partition, Bytes>,
    positions: Vec<(SinkId, Bytes)>,
    kept: BTreeMap<Bytes, Bytes>,
    seq: u64,
}

/// Runs the suite. `open` opens the store as the last one left it; there is never more than one.
pub(super) fn conformance(mut open: impl FnMut() -> Box<dyn Store>) {
    let mut luck = fastrand::Rng::with_seed(7);
    let (mut store, mut model) = (open(), Model::default());
    assert_eq!(store.recover().unwrap(), Recovered::default());
    while model.number < COMMITS {
        // A question asked before a commit and answered after it is of one of the two, whole, and says of which.
        let before = model.clone();
        let mut view = store.reader();
        let (ask, commit) = (model.question(&mut luck), model.next(&mut luck));
        let answer = std::thread::scope(|scope| {
            let asked = scope.spawn(|| view.query(&ask).unwrap());
            store.commit(&commit).unwrap();
            asked.join().unwrap()
        });
        let then = if answer.as_of == model.number { &model } else { &before };
        assert_eq!(answer, then.answer(&ask));
        // The same number again changes nothing.
        let other = Commit { meta: Bytes::from_static(b"other"), ..commit };
        store.commit(&other).unwrap();
        if luck.u8(..5) == 0 {
            drop((store, view));
            store = open();
        }
        model.check(&mut *store, &mut luck);
    }
}

impl Model {
    /// The next commit: some admitted, some queued again, some ended.
    fn next(&mut self, luck: &mut fastrand::Rng) -> Commit {
        self.number += 1;
        let mut parts: BTreeMap<Partition, Change> = BTreeMap::new();
        let bytes = Bytes::from(self.number.to_string());
        for _ in 0..luck.usize(..20) {
            let host = HOSTS[luck.usize(..HOSTS.len())];
            let url = UrlKey { host, url: luck.u64(..) };
            self.seq += 1;
            let place = QueuePosition { rank: luck.u8(126..129), seq: self.seq };
            parts.entry(host.partition()).or_default().admit.push((url, place, bytes.clone()));
            self.seen.insert(url, Bytes::new());
            self.queue.insert((host, place), (url, bytes.clone()));
        }
        let admitted = |url: &UrlKey, parts: &BTreeMap<Partition, Change>| {
            parts.get(&url.host.partition()).is_some_and(|part| part.admit.iter().any(|(known, ..)| known == url))
        };
        for ((host, place), (url, _)) in self.queue.clone() {
            if admitted(&url, &parts) {
                continue;
            }
            let part = parts.entry(host.partition()).or_default();
            match luck.u8(..6) {
                0 => {
                    self.seq += 1;
                    let new = QueuePosition { seq: self.seq, ..place };
                    part.again.push((url, place, new, bytes.clone()));
                    self.queue.remove(&(host, place));
                    self.queue.insert((host, new), (url, bytes.clone()));
                }
                1 => {
                    part.settle.push((url, Some(place), bytes.clone()));
                    self.queue.remove(&(host, place));
                    self.seen.insert(url, bytes.clone());
                }
                _ => {}
            }
        }
        for host in HOSTS {
            if luck.bool() {
                let new_due = luck.bool().then(|| Wall(luck.u64(..50)));
                let change = HostChange { host, row: bytes.clone(), old_due: self.due.remove(&host), new_due };
                new_due.and_then(|at| self.due.insert(host, at));
                self.rows.insert(host, bytes.clone());
                parts.entry(host.partition()).or_default().hosts.push(change);
            }
        }
        for (&partition, part) in &mut parts {
            (part.partition, part.meta) = (partition, bytes.clone());
            self.partitions.insert(partition, bytes.clone());
        }
        self.positions = vec![(0, bytes.clone()), (7, Bytes::new())];
        let kept: Vec<_> =
            (0..luck.u8(..4)).map(|key| (vec![key].into(), luck.bool().then(|| bytes.clone()))).collect();
        for (key, row) in kept.clone() {
            match row {
                Some(row) => drop(self.kept.insert(key, row)),
                None => drop(self.kept.remove(&key)),
            }
        }
        Commit {
            number: self.number,
            parts: parts.into_values().collect(),
            meta: bytes,
            positions: self.positions.clone(),
            kept,
        }
    }

    /// Something about everything.
    fn question(&self, luck: &mut fastrand::Rng) -> Query {
        let strange = HOSTS.map(|host| UrlKey { host, url: 0 });
        let mut seen: Vec<_> = self.seen.keys().copied().filter(|_| luck.bool()).chain(strange).collect();
        seen.sort_unstable();
        let places: Vec<_> = self.queue.keys().copied().collect();
        let after = |host, luck: &mut fastrand::Rng| {
            luck.choice(&places).filter(|(of, _)| *of == host).map(|(_, place)| *place)
        };
        let limit = luck.u16(1..12);
        let heads = HOSTS.map(|host| {
            let ranks = (126..129).filter(|_| luck.bool()).collect::<Vec<u8>>();
            let floors = ranks.into_iter().map(|rank| QueuePosition { rank, seq: luck.u64(..=self.seq) }).collect();
            HeadsAfter { host, after: after(host, luck), floors, limit }
        });
        let due = [0, 1, u8::MAX].map(|partition| {
            let mine = self.due.iter().filter(|(host, _)| host.partition() == partition).map(|(&host, &at)| (at, host));
            let after = luck.choice(mine.collect::<Vec<_>>());
            DueAfter { partition, after, until: Wall(luck.u64(..60)), limit }
        });
        let known = luck.choice(self.seen.keys()).copied();
        let keys = luck.bool().then(|| KeysAfter { after: known, limit: limit.into() });
        Query { seen, hosts: HOSTS.to_vec(), heads: heads.into(), due: due.into(), keys }
    }

    fn answer(&self, ask: &Query) -> QueryResult {
        let heads = |from: &HeadsAfter| {
            let is_in =
                |place: &QueuePosition| from.floors.iter().any(|at| at.rank == place.rank && at.seq <= place.seq);
            let mine = self.queue.iter().filter(|((host, place), _)| {
                *host == from.host && from.after.is_none_or(|after| *place > after) && is_in(place)
            });
            mine.take(from.limit.into()).map(|((_, place), (_, entry))| (*place, entry.clone())).collect()
        };
        let due = |from: &DueAfter| {
            let mut mine: Vec<_> = self.due.iter().map(|(&host, &at)| (at, host)).collect();
            mine.retain(|&(at, host)| {
                host.partition() == from.partition
                    && at <= from.until
                    && from.after.is_none_or(|after| (at, host) > after)
            });
            mine.sort_unstable();
            mine.truncate(from.limit.into());
            mine
        };
        let keys = |from: &KeysAfter| {
            let mine = self.seen.keys().filter(|url| from.after.is_none_or(|after| **url > after));
            mine.take(from.limit.try_into().unwrap()).copied().collect::<Vec<_>>()
        };
        QueryResult {
            as_of: self.number,
            seen: ask.seen.iter().map(|url| self.seen.get(url).cloned()).collect(),
            hosts: ask.hosts.iter().map(|host| self.rows.get(host).cloned()).collect(),
            heads: ask.heads.iter().map(heads).collect(),
            due: ask.due.iter().map(due).collect(),
            keys: ask.keys.iter().flat_map(keys).collect(),
        }
    }

    /// Whether the store, as it is now, is this.
    fn check(&self, store: &mut dyn Store, luck: &mut fastrand::Rng) {
        let meta = Bytes::from(self.number.to_string());
        let recovered = Recovered { number: self.number, meta, positions: self.positions.clone() };
        assert_eq!(store.recover().unwrap(), recovered);
        assert_eq!(store.kept().unwrap().into_iter().collect::<BTreeMap<_, _>>(), self.kept);
        let ask = self.question(luck);
        assert_eq!(store.reader().query(&ask).unwrap(), self.answer(&ask));
        for grant in store.claim_partitions(Wall(0), &[]).unwrap() {
            let Grant::Begin { partition, meta, .. } = grant else { panic!("{grant:?}") };
            assert_eq!(meta, self.partitions.get(&partition).cloned().unwrap_or_default());
        }
    }
}

#[test]
fn memory_conforms() {
    let store = MemoryStore::new();
    conformance(|| Box::new(store.clone()));
}

#[test]
fn disk_conforms() {
    let folder = tempfile::tempdir().unwrap();
    conformance(|| Box::new(EmbeddedStore::open(embedded::tests::setup(&folder.path().join("state"))).unwrap()));
}
