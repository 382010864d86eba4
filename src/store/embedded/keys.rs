//! The keys of the database: big-endian, so that their order is the order of what they name.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `seen` | host 8, URL 8 | outcome; empty while queued |
//! | `queue` | host 8, rank 1, arrival 8 | the entry |
//! | `host` | host 8 | the row |
//! | `due` | partition 1, time 8, host 8 | nothing |
//! | `meta` | a letter, and what it wants | counters, positions, identity, rows of others |
//!
//! Each keyspace has the number of the last commit under [`NUMBER`].

use crate::{
    base::time::Wall,
    keys::{HostKey, Partition, UrlKey},
    store::QueuePosition,
};

/// The commit number: before every other key, and shorter than any.
pub(crate) const NUMBER: [u8; 1] = [0];

/// The crawl's counters, in `meta`.
pub(crate) const COUNTERS: [u8; 1] = *b"c";

/// The outputs' positions, in `meta`.
pub(crate) const POSITIONS: [u8; 1] = *b"o";

/// The crawl's identity, in `meta`.
pub(crate) const IDENTITY: [u8; 1] = *b"i";

/// A partition's counters, in `meta`.
pub(crate) fn partition(partition: Partition) -> [u8; 2] {
    [b'p', partition]
}

/// A row that others keep, in `meta`.
pub(crate) fn kept(key: &[u8]) -> Vec<u8> {
    [KEPT, key].concat()
}

/// What the keys of such rows begin with.
pub(crate) const KEPT: &[u8] = b"k";

/// A URL in `seen`.
pub(crate) fn url(url: UrlKey) -> [u8; 16] {
    join(url.host.0.to_be_bytes(), url.url.to_be_bytes())
}

/// The URL that a key of `seen` names.
pub(crate) fn read_url(key: &[u8]) -> Option<UrlKey> {
    let (host, url) = key.split_at_checked(8)?;
    let [host, url] = [host, url].map(|half| half.try_into().map(u64::from_be_bytes));
    Some(UrlKey { host: HostKey(host.ok()?), url: url.ok()? })
}

/// A host's row.
pub(crate) fn host(host: HostKey) -> [u8; 8] {
    host.0.to_be_bytes()
}

/// An entry in `queue`.
pub(crate) fn place(host: HostKey, place: QueuePosition) -> [u8; 17] {
    let seq: [u8; 9] = join([place.rank], place.seq.to_be_bytes());
    join(host.0.to_be_bytes(), seq)
}

/// The place that a key of `queue` names.
pub(crate) fn read_place(key: &[u8]) -> Option<QueuePosition> {
    let (&rank, seq) = key.get(8..)?.split_first()?;
    Some(QueuePosition { rank, seq: u64::from_be_bytes(seq.try_into().ok()?) })
}

/// An entry in `due`.
pub(crate) fn due(partition: Partition, at: Wall, host: HostKey) -> [u8; 17] {
    let rest: [u8; 16] = join(at.0.to_be_bytes(), host.0.to_be_bytes());
    join([partition], rest)
}

/// The time and the host that a key of `due` names.
pub(crate) fn read_due(key: &[u8]) -> Option<(Wall, HostKey)> {
    let (at, host) = key.get(1..)?.split_at_checked(8)?;
    Some((Wall(u64::from_be_bytes(at.try_into().ok()?)), HostKey(u64::from_be_bytes(host.try_into().ok()?))))
}

/// `N` = `A` + `B`.
fn join<const A: usize, const B: usize, const N: usize>(left: [u8; A], right: [u8; B]) -> [u8; N] {
    let mut both = left.into_iter().chain(right);
    std::array::from_fn(|_| both.next().unwrap_or_default())
}

/// What is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// All URLs known.
    Seen,
    /// All queues.
    Queue,
    /// All hosts.
    Hosts,
    /// All turns.
    Due,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_order_and_read_as_written() {
        let host = HostKey(0x0102_0304_0506_0708);
        let places = [(0, 9), (1, 0), (1, 256), (255, u64::MAX)].map(|(rank, seq)| QueuePosition { rank, seq });
        let keys = places.map(|at| place(host, at));
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| read_place(&key)), places.map(Some));
        let dues = [(3, 1), (3, 2), (256, 0)].map(|(at, host)| (Wall(at), HostKey(host)));
        let keys = dues.map(|(at, host)| due(7, at, host));
        assert!(keys.is_sorted() && keys[0][0] == 7);
        assert_eq!(keys.map(|key| read_due(&key)), dues.map(Some));
        assert_eq!(url(UrlKey { host, url: 1 })[7..], [8, 0, 0, 0, 0, 0, 0, 0, 1]);
        let key = UrlKey { host, url: 1 };
        assert_eq!(read_url(&url(key)), Some(key));
        assert_eq!((read_place(b"short"), read_due(b""), read_url(&NUMBER)), (None, None, None));
    }
}
