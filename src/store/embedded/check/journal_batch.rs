//! Format of a batch in a journal. Integers are little-endian.
//!
//! | part | bytes |
//! |---|---|
//! | start | 1; number of items 4, sequence number 8 |
//! | item | 2, kind 1, compression 1; keyspace 8, key length 2, value length 4, stored value length 4; key; value |
//! | end | 3; XXH3 of the items 8, `FJL` 3 |

use std::io::Read;

use xxhash_rust::xxh3::Xxh3Default;

use crate::store::embedded::keys;

/// First byte of a batch.
pub(crate) const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;

/// Last bytes of a batch.
const TRAILER: [u8; 4] = *b"FJL\x03";

/// Size of a read, in bytes.
const CHUNK: usize = 16 << 10;

/// A batch that is whole.
pub(crate) struct JournalBatch {
    /// Length, in bytes.
    pub(crate) length: u64,
    /// fjall's sequence number of the batch.
    pub(crate) sequence: u64,
    /// Number of the commit that the batch contains.
    pub(crate) commit: Option<u64>,
}

impl JournalBatch {
    /// Reads a batch; `None` at the end, or if it is broken.
    pub(crate) fn read(input: &mut impl Read) -> Option<Self> {
        let mut reader = BatchReader { input, length: 0, checksum: Xxh3Default::new() };
        let [START] = reader.read()? else { return None };
        let count = u32::from_le_bytes(reader.read()?);
        let sequence = u64::from_le_bytes(reader.read()?);
        reader.checksum.reset();
        let mut commit = None;
        for _ in 0..count {
            commit = reader.read_item()?.or(commit);
        }
        let checksum = reader.checksum.digest().to_le_bytes();
        let [END] = reader.read()? else { return None };
        let is_whole = reader.read() == Some(checksum) && reader.read() == Some(TRAILER);
        is_whole.then_some(Self { length: reader.length, sequence, commit })
    }
}

/// Reads the parts of a batch.
struct BatchReader<'a, R> {
    input: &'a mut R,
    length: u64,
    checksum: Xxh3Default,
}

impl<R: Read> BatchReader<'_, R> {
    fn read<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).ok()?;
        self.checksum.update(&bytes);
        self.length += N as u64;
        Some(bytes)
    }

    fn skip(&mut self, mut length: u64) -> Option<()> {
        let mut chunk = [0; CHUNK];
        while length > 0 {
            let next = usize::try_from(length).unwrap_or(CHUNK).min(CHUNK);
            let part = chunk.get_mut(..next)?;
            self.input.read_exact(part).ok()?;
            self.checksum.update(part);
            self.length += next as u64;
            length -= next as u64;
        }
        Some(())
    }

    /// Reads an item. Returns the commit number if the item is that.
    fn read_item(&mut self) -> Option<Option<u64>> {
        let [ITEM, _kind, _compression] = self.read()? else { return None };
        let _keyspace: [u8; 8] = self.read()?;
        let key = u16::from_le_bytes(self.read()?);
        let _uncompressed: [u8; 4] = self.read()?;
        let value = u32::from_le_bytes(self.read()?);
        if (key, value) != (1, 8) {
            return self.skip(u64::from(key) + u64::from(value)).map(|()| None);
        }
        let (key, value) = (self.read()?, self.read()?);
        Some((key == keys::NUMBER).then(|| u64::from_be_bytes(value)))
    }
}
