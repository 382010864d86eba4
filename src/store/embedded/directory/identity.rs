//! The identity file: which format the directory has, and which crawl lives in it.

use std::{fs::File, io::Read, path::Path};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::{error::StoreError, store::embedded::error::of_file};

/// Begins the first line of every identity file; the format's number follows.
const MAGIC: &str = "lycosa state ";

/// The format that this version reads and writes.
const FORMAT: u32 = 2;

/// The largest identity file, in bytes (1 MiB).
const MAX_FILE: u64 = 1 << 20;

/// Which crawl a state directory belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Random: tells the files of one directory from those of another.
    pub(crate) crawl: u64,
    /// The outputs, in order: a crawl goes on only with those it began with.
    pub(crate) outputs: Vec<String>,
}

impl Identity {
    /// The identity of a new crawl.
    pub(crate) fn new(outputs: &[String]) -> Self {
        Self { crawl: fastrand::u64(1..), outputs: outputs.to_vec() }
    }

    /// As it stands in the file: the format, the identity as JSON, its checksum; a line each.
    pub(crate) fn encode(&self) -> String {
        // Numbers and texts are JSON whatever they are.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{MAGIC}{FORMAT}\n{json}\n{:016x}\n", xxh3_64(json.as_bytes()))
    }

    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut text));
        read.map_err(|error| of_file(path, &error))?;
        Self::decode(&String::from_utf8_lossy(&text)).map_err(|fault| fault.at(&path.display().to_string()))
    }

    /// Reads the copy that the database has.
    pub(crate) fn read_copy(text: &[u8]) -> Result<Self, StoreError> {
        Self::decode(&String::from_utf8_lossy(text)).map_err(|fault| fault.at("the database"))
    }

    fn decode(text: &str) -> Result<Self, Fault> {
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(Fault::Unreadable);
        let format: u32 =
            line()?.strip_prefix(MAGIC).and_then(|number| number.parse().ok()).ok_or(Fault::Unreadable)?;
        if format != FORMAT {
            return Err(Fault::Format(format));
        }
        let (json, checksum) = (line()?, line()?);
        if checksum != format!("{:016x}", xxh3_64(json.as_bytes())) || !line()?.is_empty() {
            return Err(Fault::Unreadable);
        }
        serde_json::from_str(json).map_err(|_| Fault::Unreadable)
    }
}

#[derive(Debug)]
enum Fault {
    Format(u32),
    Unreadable,
}

impl Fault {
    fn at(self, place: &str) -> StoreError {
        match self {
            Self::Format(format) => StoreError::Refused(
                format!(
                    "`{place}` has format {format}, this version reads {FORMAT}: go on with the version that wrote it"
                )
                .into(),
            ),
            Self::Unreadable => StoreError::Damaged(format!("`{place}` is not what was written").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_written_and_no_flipped_bit_passes() {
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
        assert!(matches!(Identity::decode("lycosa state 1\nwhatever"), Err(Fault::Format(1))));
    }
}
