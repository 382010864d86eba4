//! The counter of a partition: the last arrival number, the `seq` of a queue position.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    base::stored::{self, ValueFormat},
    error::StoreError,
    keys::Partition,
    store::Grant,
};

/// Returns the last `seq` of each partition granted.
///
/// # Errors
/// If a counter is corrupt.
pub(super) fn arrivals(grants: &[Grant]) -> Result<BTreeMap<Partition, u64>, StoreError> {
    let seq = |grant: &Grant| match grant {
        Grant::Begin { partition, meta, .. } if meta.is_empty() => Some(Ok((*partition, 0))),
        Grant::Begin { partition, meta, .. } => {
            let seq = decode(meta).map(|seq| (*partition, seq));
            Some(seq.ok_or_else(|| StoreError::corrupt(format_args!("the counter of partition {partition}"))))
        }
        Grant::End { .. } => None,
    };
    grants.iter().filter_map(seq).collect()
}

/// Encodes the last `seq` of a partition.
pub(crate) fn encode_arrival(seq: u64) -> Bytes {
    stored::encode(&seq)
}

fn decode(bytes: &[u8]) -> Option<u64> {
    match stored::split(bytes)? {
        (ValueFormat::Three, fields) => stored::whole(fields),
        (ValueFormat::Two, fields) => fields.try_into().ok().map(u64::from_be_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_both_formats_are_read() {
        let read =
            |meta: &[u8]| arrivals(&[Grant::Begin { partition: 3, token: 0, meta: Bytes::copy_from_slice(meta) }]);
        for seq in [0, 7, 1 << 40] {
            assert_eq!(read(&encode_arrival(seq)).unwrap(), BTreeMap::from([(3, seq)]));
            assert_eq!(read(&u64::to_be_bytes(seq)).unwrap(), BTreeMap::from([(3, seq)]));
        }
        assert_eq!(read(b"").unwrap(), BTreeMap::from([(3, 0)]));
        assert!(matches!(read(b"short"), Err(StoreError::Damaged(_))));
    }
}
