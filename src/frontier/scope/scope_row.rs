//! Stored additions to the scope that a later start cannot find out again: seeds that came through pipes, and redirect
//! targets of seeds. There is one row per host or prefix, committed together with the seed.

use bytes::Bytes;
use url::{Host, Url};

use crate::{base::stored, error::StoreError};

/// First byte of the keys of these rows.
const ROW: u8 = b's';

/// Second byte of a row that adds to the scope.
const SCOPE: u8 = b's';

/// Second byte of a row that exempts a host and port from the address guard.
const EXEMPT: u8 = b'x';

/// A row with its key.
pub(crate) type ScopeRow = (Bytes, Bytes);

/// Returns the row by which a seed adds `entry` to the scope.
pub(super) fn scope_row(entry: &str, seed: &Url) -> ScopeRow {
    row(SCOPE, entry, seed)
}

/// Returns the row by which a seed is exempt from the address guard; `None` if its host is a name, which the guard checks
/// when it is resolved.
pub(super) fn exempt_row(seed: &Url) -> Option<ScopeRow> {
    let (host, port) = (seed.host()?, seed.port_or_known_default()?);
    let is_literal = match &host {
        Host::Ipv4(_) | Host::Ipv6(_) => true,
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
    };
    is_literal.then(|| row(EXEMPT, &format!("{host}:{port}"), seed))
}

/// Returns the seeds of the rows that add to the scope.
///
/// # Errors
/// If a row is corrupt.
pub(crate) fn scope_seeds(rows: &[ScopeRow]) -> Result<Vec<Url>, StoreError> {
    seeds(SCOPE, rows)
}

/// Returns the seeds of the rows that exempt from the address guard.
///
/// # Errors
/// If a row is corrupt.
pub(crate) fn exempt_seeds(rows: &[ScopeRow]) -> Result<Vec<Url>, StoreError> {
    seeds(EXEMPT, rows)
}

fn row(kind: u8, name: &str, seed: &Url) -> ScopeRow {
    ([&[ROW, kind], name.as_bytes()].concat().into(), stored::encode(seed))
}

fn seeds(kind: u8, rows: &[ScopeRow]) -> Result<Vec<Url>, StoreError> {
    let rows = rows.iter().filter(|(key, _)| key.starts_with(&[ROW, kind]));
    let seed = |row: &[u8]| stored::decode(row).ok_or_else(|| StoreError::corrupt("a seed that is part of the scope"));
    rows.map(|(_, row)| seed(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_come_back_from_their_rows() {
        let urls = ["http://a.example/x?y", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost:81/z"];
        let urls: Vec<Url> = urls.iter().map(|url| url.parse().unwrap()).collect();
        let mut rows: Vec<_> = urls.iter().map(|url| scope_row(url.host_str().unwrap(), url)).collect();
        rows.extend(urls.iter().filter_map(exempt_row));
        rows.push((Bytes::from_static(b"c"), Bytes::from_static(b"of another table")));
        assert_eq!(scope_seeds(&rows).unwrap(), urls);
        assert_eq!(exempt_seeds(&rows).unwrap(), urls[1..]);
        let damaged = [(rows[0].0.clone(), Bytes::from_static(b"x"))];
        assert!(matches!(scope_seeds(&damaged), Err(StoreError::Damaged(_))));
        let keys: Vec<_> = rows.iter().map(|(key, _)| key).collect();
        assert!(keys.iter().enumerate().all(|(index, key)| !keys[..index].contains(key)), "{keys:?}");
    }
}
