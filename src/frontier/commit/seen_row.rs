//! What the seen-set has about a URL.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::url_status::{UrlStatus, seconds};
use crate::{
    base::{
        stored::{self, ValueFormat},
        time::Wall,
    },
    frontier::scope::Refusal,
};

/// What the seen-set has about a URL. Stored in this order: add new variants at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SeenRow {
    /// The URL has ended, or a link to it was refused.
    Ended(UrlStatus),
    /// The URL is queued.
    Queued {
        /// The shortest way known to it, in links. Known only if `scope.depth` limits the crawl; otherwise the row is empty.
        depth: Option<u16>,
    },
    /// The URL is set aside: it was queued, and is not in the scope of the configuration.
    SetAside(SetAside),
}

/// Why and when a queued URL was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetAside {
    pub(crate) reason: Refusal,
    /// Seconds since the Unix epoch.
    at: u32,
    /// Generation of the configuration that refused the URL.
    pub(crate) generation: u32,
}

impl SeenRow {
    /// The row of a queued URL. Without a depth limit it is empty.
    pub(crate) fn queued(depth: Option<u16>) -> Bytes {
        match depth {
            None => Bytes::new(),
            Some(_) => Self::Queued { depth }.to_bytes(),
        }
    }

    /// Encodes the row for the store.
    pub(crate) fn to_bytes(&self) -> Bytes {
        stored::encode(self)
    }

    /// Decodes a row; `None` if the bytes are not valid.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::Queued { depth: None });
        }
        match stored::split(bytes)? {
            (ValueFormat::Three, fields) => stored::whole(fields),
            (ValueFormat::Two, fields) => UrlStatus::from_format_2(fields).map(Self::Ended),
        }
    }
}

impl SetAside {
    /// A URL set aside at this time.
    pub(crate) fn new(reason: Refusal, at: Wall, generation: u32) -> Self {
        Self { reason, at: seconds(at), generation }
    }

    /// Returns when the URL was set aside.
    pub(crate) fn at(&self) -> Wall {
        Wall(u64::from(self.at) * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_encoding() {
        let aside = SetAside::new(Refusal::Scope, Wall(1_795_000_000_000), 7);
        for (row, length) in [
            (SeenRow::Queued { depth: None }, 4),
            (SeenRow::Queued { depth: Some(3) }, 5),
            (SeenRow::SetAside(aside), 10),
        ] {
            let bytes = row.to_bytes();
            assert_eq!((SeenRow::from_bytes(&bytes), bytes.len()), (Some(row), length));
        }
        assert_eq!(aside.at(), Wall(1_795_000_000_000));
        assert_eq!(SeenRow::from_bytes(&SeenRow::queued(None)), Some(SeenRow::Queued { depth: None }));
    }

    #[test]
    fn other_bytes_are_no_row() {
        for bytes in [&b"done"[..], b"\x83\0", b"\x83\0\x09", b"\x84\0\0", b"\0", b"\x83\0\x01\0\0"] {
            assert_eq!(SeenRow::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
