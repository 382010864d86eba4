//! The identity file: the format of the directory, and the crawl that is in it.

use std::{fs::File, io::Read, path::Path};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::StoreError;

/// Start of an identity file; the format number follows.
const MAGIC: &str = "lycosa state ";

/// Format that this version reads and writes.
const FORMAT: u32 = 2;

/// Maximum size of an identity file, in bytes (1 MiB).
const MAX_SIZE: u64 = 1 << 20;

/// Crawl that a state directory belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Random id; tells the files of one directory from those of another.
    pub(crate) crawl: u64,
    /// Names of the outputs, in order. A crawl resumes only with the same outputs.
    pub(crate) outputs: Vec<String>,
}

impl Identity {
    /// Creates the identity of a new crawl.
    pub(crate) fn new(outputs: &[String]) -> Self {
        Self { crawl: fastrand::u64(1..), outputs: outputs.to_vec() }
    }

    /// Encodes the file. It has three lines: format, identity as JSON, checksum.
    pub(crate) fn encode(&self) -> String {
        // Cannot fail: numbers and strings always have a JSON form.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{MAGIC}{FORMAT}\n{json}\n{:016x}\n", xxh3_64(json.as_bytes()))
    }

    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_SIZE).read_to_end(&mut text));
        read.map_err(|error| StoreError::from_file(path, &error))?;
        let place = format!("`{}`", path.display());
        Self::decode(&String::from_utf8_lossy(&text)).map_err(|error| error.at(&place))
    }

    /// Decodes the copy in the database.
    pub(crate) fn decode_copy(text: &[u8]) -> Result<Self, StoreError> {
        Self::decode(&String::from_utf8_lossy(text)).map_err(|error| error.at("the crawl's identity in the database"))
    }

    fn decode(text: &str) -> Result<Self, DecodeError> {
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(DecodeError::Corrupt);
        let format = line()?.strip_prefix(MAGIC).and_then(|number| number.parse().ok());
        let format: u32 = format.ok_or(DecodeError::Corrupt)?;
        if format != FORMAT {
            return Err(DecodeError::Format(format));
        }
        let (json, checksum) = (line()?, line()?);
        if checksum != format!("{:016x}", xxh3_64(json.as_bytes())) || !line()?.is_empty() {
            return Err(DecodeError::Corrupt);
        }
        serde_json::from_str(json).map_err(|_| DecodeError::Corrupt)
    }
}

#[derive(Debug)]
enum DecodeError {
    /// Another format.
    Format(u32),
    Corrupt,
}

impl DecodeError {
    fn at(self, place: &str) -> StoreError {
        match self {
            Self::Format(format) => StoreError::refused(format!(
                "{place} has format {format}, this version reads format {FORMAT}; use the version that wrote it"
            )),
            Self::Corrupt => StoreError::corrupt(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_every_flipped_bit_is_noticed() {
        let identity = Identity::new(&["out.jsonl".to_owned(), "b \"é\"\n".to_owned()]);
        let text = identity.encode();
        assert_eq!(Identity::decode(&text).unwrap(), identity);
        for index in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                assert!(Identity::decode(&String::from_utf8_lossy(&bytes)).is_err(), "{index} {bit}");
            }
            assert!(Identity::decode(&text[..text.floor_char_boundary(index)]).is_err());
        }
    }

    #[test]
    fn another_format_is_named() {
        assert!(matches!(Identity::decode("lycosa state 1\nwhatever"), Err(DecodeError::Format(1))));
    }
}
