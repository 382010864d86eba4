//! Format of the file `parsing`: three tables of 16-byte entries, and one byte at the end after an abort.
//!
//! Every change is one write of one entry.
//!
//! | number of entries | contents |
//! |---|---|
//! | [`SLOTS`] | the page that each Parser is parsing |
//! | [`MAX_LISTED`] | suspects, one entry per death of the process |
//! | [`MAX_LISTED`] | poison |

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::abort_marker::ABORTED;

/// Length of an entry in bytes: the key of a URL and its checksum.
pub(crate) const ENTRY: usize = 16;

/// Number of slots. Parsers beyond it are not recorded.
pub(crate) const SLOTS: usize = 1024;

/// Maximum number of entries for suspects, and of pages that are poison. Further ones are dropped.
const MAX_LISTED: usize = 1024;

/// Number of deaths without an abort that make a page poison.
///
/// If a crawl is killed within half a second of each start, the same page may be hit eight times in a row by chance. On
/// the other hand, a page that makes the kernel kill the process for its memory must be found.
pub(crate) const DEATHS: usize = 16;

/// Empty entry.
pub(crate) const FREE: [u8; ENTRY] = [0; ENTRY];

/// Seed of the checksums.
const SEED: u64 = 0x7061_7273;

/// Contents of the file at start.
#[derive(Debug, Default)]
pub(crate) struct SlotFile {
    /// Pages that were being parsed.
    parsing: BTreeSet<u64>,
    /// True if the process aborted.
    aborted: bool,
    /// The table of suspects, entry by entry.
    suspects: Vec<Option<u64>>,
    pub(crate) poison: BTreeSet<u64>,
}

/// Suspects and poison found at start.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    pub(crate) suspects: Vec<u64>,
    pub(crate) poison: Vec<u64>,
}

impl SlotFile {
    /// Decodes a file. `None` if it is damaged.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<ENTRY>();
        if entries.len() != SLOTS + 2 * MAX_LISTED || rest.iter().any(|byte| *byte != ABORTED) {
            return None;
        }
        let numbers: Vec<_> = entries.iter().map(decode_entry).collect::<Option<_>>()?;
        let (slots, lists) = numbers.split_at_checked(SLOTS)?;
        let (suspects, poison) = lists.split_at_checked(MAX_LISTED)?;
        let present = |numbers: &[Option<u64>]| numbers.iter().flatten().copied().collect();
        Some(Self {
            parsing: present(slots),
            aborted: !rest.is_empty(),
            suspects: suspects.to_vec(),
            poison: present(poison),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let listed = |numbers: Vec<u64>| {
            let entries = numbers.into_iter().map(entry).chain(std::iter::repeat(FREE));
            entries.take(MAX_LISTED).collect::<Vec<_>>().concat()
        };
        let suspects = self.suspects.iter().flatten().copied().collect();
        [vec![0; SLOTS * ENTRY], listed(suspects), listed(self.poison.iter().copied().collect())].concat()
    }

    /// Empties the slots at start and returns their pages as suspects or poison.
    ///
    /// A page is poison if it was a suspect and the process aborted, or if the process died too often.
    pub(crate) fn start_over(&mut self) -> Leftovers {
        let mut found = Leftovers::default();
        for url in std::mem::take(&mut self.parsing) {
            if self.poison.contains(&url) {
                continue;
            }
            let deaths = self.suspects.iter().filter(|suspect| **suspect == Some(url)).count();
            if deaths + 1 >= DEATHS || deaths > 0 && self.aborted {
                self.clear(url);
                self.poison.insert(url);
                found.poison.push(url);
            } else {
                self.suspects.push(Some(url));
                found.suspects.push(url);
            }
        }
        // The table must equal the file that is written next.
        self.suspects.retain(Option::is_some);
        self.suspects.truncate(MAX_LISTED);
        found
    }

    /// Returns true if this page is a suspect.
    pub(crate) fn is_suspect(&self, url: u64) -> bool {
        self.suspects.contains(&Some(url))
    }

    /// Returns true if there are suspects or poison.
    pub(crate) fn has_suspects(&self) -> bool {
        !self.poison.is_empty() || self.suspects.iter().any(Option::is_some)
    }

    /// Clears a suspect. Returns the entries of the file that became free.
    pub(crate) fn clear(&mut self, url: u64) -> Vec<usize> {
        let entries = self.suspects.iter_mut().enumerate().filter(|(_, suspect)| **suspect == Some(url));
        let freed = entries.map(|(index, suspect)| {
            *suspect = None;
            SLOTS + index
        });
        freed.collect()
    }
}

/// Returns the entry of a URL.
pub(crate) fn entry(url: u64) -> [u8; ENTRY] {
    (u128::from(url) << 64 | u128::from(checksum(url))).to_be_bytes()
}

/// Decodes an entry: the URL, or `None` inside if the entry is empty. The outer `None` means that it is damaged.
fn decode_entry(entry: &[u8; ENTRY]) -> Option<Option<u64>> {
    if *entry == FREE {
        return Some(None);
    }
    let (url, sum) = entry.split_first_chunk()?;
    let url = u64::from_be_bytes(*url);
    (checksum(url).to_be_bytes() == *sum).then_some(Some(url))
}

fn checksum(url: u64) -> u64 {
    xxh3_64_with_seed(&url.to_be_bytes(), SEED)
}

/// Replaces the file as a whole. If the start is killed meanwhile, the old or the new file is there.
pub(crate) fn replace(path: &Path, image: &SlotFile) -> io::Result<File> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(&image.encode())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    OpenOptions::new().write(true).open(path)
}
