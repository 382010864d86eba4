//! Endless hosts (`traps.subdomains`): a name server that answers for every subdomain.
//!
//! The number of hosts is counted per registrable domain. Domains with many of them have a row in the store, so the count
//! holds after a restart.

use bytes::Bytes;
use hashbrown::HashMap;
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::Trap;
use crate::{base::stored, error::StoreError, side_table::ChangedRow, urls::canonical::registrable};

/// First byte of the keys of these rows.
const ROW: u8 = b'd';

/// Maximum number of domains in memory. At the limit, those without a row are dropped.
const MAX_DOMAINS: usize = 1 << 18;

/// Number of subdomains from which a domain has a row, or the limit if that is lower.
const STORED_FROM: u32 = 16;

/// Numbers of subdomains.
#[derive(Debug)]
pub(crate) struct Subdomains {
    /// `traps.subdomains`; 0 = no limit.
    limit: u32,
    /// By the hash of the domain: at most [`MAX_DOMAINS`], and those that have rows.
    counts: HashMap<u64, DomainCount>,
    /// Number of domains from which those without a row are dropped.
    full_at: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct DomainCount {
    subdomains: u32,
    /// Whether a refused subdomain was logged by this process.
    is_logged: bool,
}

impl Subdomains {
    /// The counts of the rows among those of all side tables. With a limit of 0, nothing is counted.
    ///
    /// # Errors
    /// If a row is damaged.
    pub(crate) fn new(limit: u32, side_rows: &[(Bytes, Bytes)]) -> Result<Self, StoreError> {
        let rows = side_rows.iter().filter(|_| limit > 0).filter_map(|(key, row)| Some((hash_in(key)?, row)));
        let counts = rows.map(|(hash, row)| Ok((hash, DomainCount { subdomains: decode(row)?, is_logged: false })));
        Ok(Self { limit, counts: counts.collect::<Result<_, StoreError>>()?, full_at: MAX_DOMAINS })
    }

    /// Counts a new host. Returns the row to commit, if the domain has one.
    ///
    /// # Errors
    /// [`Trap::Subdomains`] if the domain of the host is at its limit.
    pub(crate) fn count(&mut self, url: &Url) -> Result<Option<ChangedRow>, Trap> {
        let Some(domain) = domain_of(url).filter(|_| self.limit > 0) else { return Ok(None) };
        self.make_room();
        let hash = xxh3_64(domain.as_bytes());
        let count = self.counts.entry(hash).or_default();
        if count.subdomains >= self.limit {
            if !std::mem::replace(&mut count.is_logged, true) {
                log::warn!(domain, limit = self.limit, trap = Trap::Subdomains.name();
                    "trap found; further subdomains of this domain are refused");
            }
            return Err(Trap::Subdomains);
        }
        count.subdomains += 1;
        let is_stored = count.subdomains >= STORED_FROM.min(self.limit);
        Ok(is_stored.then(|| (row_key(hash), Some(stored::encode(&count.subdomains)))))
    }

    fn make_room(&mut self) {
        if self.counts.len() >= self.full_at {
            let stored_from = STORED_FROM.min(self.limit);
            self.counts.retain(|_, count| count.subdomains >= stored_from);
            // Otherwise, a crawl with that many rows would search all domains for each new host.
            self.full_at = MAX_DOMAINS.max(self.counts.len() * 2);
        }
    }
}

/// Returns the number of subdomains of a URL's domain, from the rows of side tables; 0 if there is no row. `None` if the
/// host is not a subdomain.
///
/// # Errors
/// If the row is damaged.
pub(crate) fn subdomains_of(side_rows: &[(Bytes, Bytes)], url: &Url) -> Result<Option<u32>, StoreError> {
    let Some(domain) = domain_of(url) else { return Ok(None) };
    let key = row_key(xxh3_64(domain.as_bytes()));
    let row = side_rows.iter().find(|(other, _)| *other == key);
    row.map_or(Ok(0), |(_, row)| decode(row)).map(Some)
}

fn decode(row: &[u8]) -> Result<u32, StoreError> {
    stored::decode(row).ok_or_else(|| StoreError::corrupt("the number of subdomains of a domain"))
}

/// Returns the registrable domain of a URL; `None` if its host is that domain itself, or an address.
fn domain_of(url: &Url) -> Option<&str> {
    let (host, domain) = (url.domain()?, registrable(url));
    (host != domain).then_some(domain)
}

fn row_key(hash: u64) -> Bytes {
    [&[ROW][..], &hash.to_be_bytes()].concat().into()
}

fn hash_in(key: &[u8]) -> Option<u64> {
    key.strip_prefix(&[ROW])?.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str) -> Url {
        format!("http://{host}/").parse().unwrap()
    }

    #[test]
    fn subdomains_are_limited_per_domain_and_across_a_restart() {
        let mut subdomains = Subdomains::new(20, &[]).unwrap();
        let mut rows = HashMap::new();
        let mut count = |subdomains: &mut Subdomains, host: &str| -> Result<(), Trap> {
            let row = subdomains.count(&url(host))?;
            rows.extend(row.map(|(key, row)| (key, row.unwrap())));
            Ok(())
        };
        for number in 0..18 {
            assert_eq!(count(&mut subdomains, &format!("n{number}.a.example")), Ok(()));
            assert_eq!(count(&mut subdomains, &format!("n{number}.b.co.uk")), Ok(()));
        }
        for host in ["a.example", "b.co.uk", "10.0.0.1", "[::1]", "localhost"] {
            (0..50).for_each(|_| assert_eq!(count(&mut subdomains, host), Ok(()), "{host}"));
        }
        let rows: Vec<_> = rows.clone().into_iter().collect();
        assert_eq!(rows.len(), 2, "one row per domain");
        assert_eq!(subdomains_of(&rows, &url("other.a.example")).unwrap(), Some(18));
        assert_eq!(subdomains_of(&rows, &url("a.example")).unwrap(), None);
        let mut resumed = Subdomains::new(20, &rows).unwrap();
        let refused = (18..30).filter(|number| resumed.count(&url(&format!("n{number}.a.example"))).is_err()).count();
        assert_eq!(refused, 10);
        assert!(resumed.count(&url("x.c.example")).is_ok(), "another domain");
        assert!(Subdomains::new(0, &rows).unwrap().count(&url("x.a.example")).is_ok(), "no limit");
    }

    #[test]
    fn a_damaged_row_is_an_error() {
        let (domain, host) = (xxh3_64(b"a.example"), url("x.a.example"));
        for row in [&b""[..], b"\x83", b"\x83\0", b"\x84\0\x05", b"\x83\0\x05\x05"] {
            let rows = [(row_key(domain), Bytes::from_static(row))];
            assert!(Subdomains::new(9, &rows).is_err(), "{row:?}");
            assert!(subdomains_of(&rows, &host).is_err(), "{row:?}");
        }
        let of_another_table = [(Bytes::from_static(b"cookie"), Bytes::from_static(b"x"))];
        assert!(Subdomains::new(9, &of_another_table).is_ok());
    }

    #[test]
    fn counts_are_bounded() {
        let mut subdomains = Subdomains::new(1000, &[]).unwrap();
        for number in 0..MAX_DOMAINS + 10 {
            subdomains.count(&url(&format!("a.n{number}.example"))).unwrap();
        }
        assert!(subdomains.counts.len() <= MAX_DOMAINS);
    }
}
