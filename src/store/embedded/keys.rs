//! Keys of the database. Big-endian, so that they sort like what they identify.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `seen` | host 8, URL 8 | status; empty or a depth while queued |
//! | `queue` | host 8, rank 1, arrival 8 | queue entry |
//! | `host` | host 8 | row |
//! | `due` | partition 1, time 8, host 8 | empty |
//! | `meta` | a letter, then what it needs | counters, positions, identity, rows of side tables, URLs set aside |
//!
//! Each keyspace has the number of the last commit under [`NUMBER`].

use crate::{
    base::time::Wall,
    keys::{HostKey, Partition, UrlKey},
    store::queue_position::QueuePosition,
};

/// Number of keyspaces, without fjall's own.
pub(crate) const KEYSPACES: usize = 5;

/// The commit number. Sorts before all other keys.
pub(crate) const NUMBER: [u8; 1] = [0];

/// The crawl's counters, in `meta`.
pub(crate) const COUNTERS: [u8; 1] = *b"c";

/// Positions of the outputs, in `meta`.
pub(crate) const POSITIONS: [u8; 1] = *b"o";

/// Copy of the crawl's identity, in `meta`.
pub(crate) const IDENTITY: [u8; 1] = *b"i";

/// Prefix of the rows of side tables, in `meta`.
pub(crate) const SIDE_ROW: &[u8] = b"k";

/// Prefix of the URLs that are set aside, in `meta`. Sorts after all other keys.
pub(crate) const ASIDE: [u8; 1] = *b"s";

/// Sorts after the URLs that are set aside.
pub(crate) const AFTER_ASIDE: [u8; 1] = *b"t";

/// Counters of a partition, in `meta`.
pub(crate) fn partition(partition: Partition) -> [u8; 2] {
    [b'p', partition]
}

/// A row of a side table, in `meta`.
pub(crate) fn side_row(key: &[u8]) -> Vec<u8> {
    [SIDE_ROW, key].concat()
}

/// A URL in `seen`.
pub(crate) fn url(url: UrlKey) -> [u8; 16] {
    join(url.host.0.to_be_bytes(), url.url.to_be_bytes())
}

/// Decodes a key of `seen`.
pub(crate) fn read_url(key: &[u8]) -> Option<UrlKey> {
    let (host, url) = key.split_at_checked(8)?;
    let [host, url] = [host, url].map(|half| half.try_into().map(u64::from_be_bytes));
    Some(UrlKey { host: HostKey(host.ok()?), url: url.ok()? })
}

/// A URL that is set aside, in `meta`.
pub(crate) fn aside(key: UrlKey) -> [u8; 17] {
    join(ASIDE, url(key))
}

/// Decodes the key of a URL that is set aside.
pub(crate) fn read_aside(key: &[u8]) -> Option<UrlKey> {
    read_url(key.strip_prefix(&ASIDE)?)
}

/// A row in `host`.
pub(crate) fn host(host: HostKey) -> [u8; 8] {
    host.0.to_be_bytes()
}

/// Decodes the host at the beginning of a key.
pub(crate) fn read_host(key: &[u8]) -> Option<HostKey> {
    key.first_chunk().map(|host| HostKey(u64::from_be_bytes(*host)))
}

/// An entry in `queue`.
pub(crate) fn queued(host: HostKey, position: QueuePosition) -> [u8; 17] {
    let position: [u8; 9] = join([position.rank], position.seq.to_be_bytes());
    join(host.0.to_be_bytes(), position)
}

/// Decodes the position in a key of `queue`.
pub(crate) fn read_position(key: &[u8]) -> Option<QueuePosition> {
    let (&rank, seq) = key.get(8..)?.split_first()?;
    Some(QueuePosition { rank, seq: u64::from_be_bytes(seq.try_into().ok()?) })
}

/// An entry in `due`.
pub(crate) fn due(partition: Partition, at: Wall, host: HostKey) -> [u8; 17] {
    let rest: [u8; 16] = join(at.0.to_be_bytes(), host.0.to_be_bytes());
    join([partition], rest)
}

/// Decodes the time and the host in a key of `due`.
pub(crate) fn read_due(key: &[u8]) -> Option<(Wall, HostKey)> {
    let (at, host) = key.get(1..)?.split_at_checked(8)?;
    Some((Wall(u64::from_be_bytes(at.try_into().ok()?)), HostKey(u64::from_be_bytes(host.try_into().ok()?))))
}

/// Concatenates two arrays; `N` = `A` + `B`.
fn join<const A: usize, const B: usize, const N: usize>(left: [u8; A], right: [u8; B]) -> [u8; N] {
    let mut both = left.into_iter().chain(right);
    std::array::from_fn(|_| both.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_and_decode() {
        let host = HostKey(0x0102_0304_0506_0708);
        let positions = [(0, 9), (1, 0), (1, 256), (255, u64::MAX)].map(|(rank, seq)| QueuePosition { rank, seq });
        let keys = positions.map(|position| queued(host, position));
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| read_position(&key)), positions.map(Some));
        let dues = [(3, 1), (3, 2), (256, 0)].map(|(at, host)| (Wall(at), HostKey(host)));
        let keys = dues.map(|(at, host)| due(7, at, host));
        assert!(keys.is_sorted() && keys[0][0] == 7);
        assert_eq!(keys.map(|key| read_due(&key)), dues.map(Some));
        assert_eq!(url(UrlKey { host, url: 1 })[7..], [8, 0, 0, 0, 0, 0, 0, 0, 1]);
        let key = UrlKey { host, url: 1 };
        assert_eq!((read_url(&url(key)), read_host(&url(key))), (Some(key), Some(host)));
        assert_eq!((read_position(b"short"), read_due(b""), read_url(&NUMBER)), (None, None, None));
    }
}
