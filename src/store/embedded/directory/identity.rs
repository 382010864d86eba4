//! The identity file: the format of the directory, and the crawl that is in it.

use std::{fs::File, io::Read, path::Path};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::StoreError;

/// Start of an identity file; the format number follows.
const MAGIC: &str = "lycosa state ";

/// Format that this version writes.
const FORMAT: u32 = 3;

/// Oldest format that this version reads.
const OLDEST_FORMAT: u32 = 2;

/// Maximum size of an identity file, in bytes (1 MiB).
const MAX_SIZE: u64 = 1 << 20;

/// Crawl that a state directory belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Random id; tells the files of one directory from those of another.
    pub(crate) crawl: u64,
    /// Names of the outputs, in order. A crawl resumes only with the same outputs.
    pub(crate) outputs: Vec<String>,
    /// Format of the file that this was read from.
    #[serde(skip)]
    format: u32,
}

impl Identity {
    /// Creates the identity of a new crawl.
    pub(crate) fn new(outputs: &[String]) -> Self {
        Self { crawl: fastrand::u64(1..), outputs: outputs.to_vec(), format: FORMAT }
    }

    /// Returns true if it was read from a file of an older format.
    pub(crate) fn is_old(&self) -> bool {
        self.format < FORMAT
    }

    /// Returns the identity in the current format.
    pub(crate) fn upgraded(self) -> Self {
        Self { format: FORMAT, ..self }
    }

    /// Encodes the file. It has three lines: format, identity as JSON, checksum.
    pub(crate) fn encode(&self) -> String {
        // Cannot fail: numbers and strings always have a JSON form.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{MAGIC}{FORMAT}\n{json}\n{}\n", checksum(FORMAT, &json))
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
        if !(OLDEST_FORMAT..=FORMAT).contains(&format) {
            return Err(DecodeError::Format(format));
        }
        let (json, checksum) = (line()?, line()?);
        if checksum != self::checksum(format, json) || !line()?.is_empty() {
            return Err(DecodeError::Corrupt);
        }
        let identity: Self = serde_json::from_str(json).map_err(|_| DecodeError::Corrupt)?;
        Ok(Self { format, ..identity })
    }
}

/// Returns the checksum of the file. That of format 2 leaves the format out.
fn checksum(format: u32, json: &str) -> String {
    let hash = if format == 2 { xxh3_64(json.as_bytes()) } else { xxh3_64(format!("{format}\n{json}").as_bytes()) };
    format!("{hash:016x}")
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
                "{place} has format {format}, this version reads formats {OLDEST_FORMAT} to {FORMAT}; use the version that wrote it"
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
        for format in [1, 4] {
            let text = format!("lycosa state {format}\nwhatever");
            assert!(matches!(Identity::decode(&text), Err(DecodeError::Format(named)) if named == format));
        }
    }

    #[test]
    fn an_identity_of_format_2_is_read() {
        let identity = Identity::new(&["out.jsonl".to_owned()]);
        assert!(!Identity::decode(&identity.encode()).unwrap().is_old());
        let json = serde_json::to_string(&identity).unwrap();
        let old = Identity::decode(&format!("lycosa state 2\n{json}\n{}\n", checksum(2, &json))).unwrap();
        assert!(old.is_old());
        assert_eq!(old.upgraded(), identity);
    }
}
