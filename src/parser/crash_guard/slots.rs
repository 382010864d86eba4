//! What stands in the file `parsing`: three tables of 16-byte entries, and a byte more after an abort. A note is one write
//! of one entry.
//!
//! | entries | what |
//! |---|---|
//! | [`SEATS`] | what each Parser parses |
//! | [`LISTED`] | suspects, each as often as the process died while it was parsed |
//! | [`LISTED`] | poison |

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::abort_marker::ABORTED;

/// Bytes of an entry: a URL's number and its checksum.
pub(crate) const ENTRY: usize = 16;

/// Parsers that can note what they do; further ones note nothing.
pub(crate) const SEATS: usize = 1024;

/// Suspects, and pages that are poison, at most; further ones are forgotten.
const LISTED: usize = 1024;

/// Deaths of the process while a page was parsed that make it poison when none was an abort: whoever kills a crawl within
/// half a second of each start hits the same page eight times in a row now and then; and where memory is short a page that
/// takes too much of it is found all the same.
pub(crate) const DEATHS: usize = 16;

/// An entry for nothing.
pub(crate) const FREE: [u8; ENTRY] = [0; ENTRY];

/// The checksums' seed.
const SEED: u64 = 0x7061_7273;

/// The file's content, seats that are taken apart.
#[derive(Debug, Default)]
pub(crate) struct SlotFile {
    seated: BTreeSet<u64>,
    /// Whether the process aborted.
    aborted: bool,
    /// Per entry of their table.
    suspects: Vec<Option<u64>>,
    pub(crate) poison: BTreeSet<u64>,
}

/// Who was found.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    pub(crate) suspects: Vec<u64>,
    pub(crate) poison: Vec<u64>,
}

impl SlotFile {
    /// Reads a file; nothing if it is none of ours.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<ENTRY>();
        if entries.len() != SEATS + 2 * LISTED || rest.iter().any(|byte| *byte != ABORTED) {
            return None;
        }
        let numbers: Vec<_> = entries.iter().map(number).collect::<Option<_>>()?;
        let (seats, lists) = numbers.split_at_checked(SEATS)?;
        let (suspects, poison) = lists.split_at_checked(LISTED)?;
        let present = |numbers: &[Option<u64>]| numbers.iter().flatten().copied().collect();
        Some(Self {
            seated: present(seats),
            aborted: !rest.is_empty(),
            suspects: suspects.to_vec(),
            poison: present(poison),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let listed = |numbers: Vec<u64>| {
            let entries = numbers.into_iter().map(entry).chain(std::iter::repeat(FREE));
            entries.take(LISTED).collect::<Vec<_>>().concat()
        };
        let suspects = self.suspects.iter().flatten().copied().collect();
        [vec![0; SEATS * ENTRY], listed(suspects), listed(self.poison.iter().copied().collect())].concat()
    }

    /// A new start: the seats are empty again, and whoever sat there is a suspect, or poison if it was one already and the
    /// process aborted, or died too often.
    pub(crate) fn turn_over(&mut self) -> Leftovers {
        let mut found = Leftovers::default();
        for url in std::mem::take(&mut self.seated) {
            if self.poison.contains(&url) {
                continue;
            }
            let deaths = self.suspects.iter().filter(|suspect| **suspect == Some(url)).count();
            if deaths + 1 >= DEATHS || deaths > 0 && self.aborted {
                self.acquit(url);
                self.poison.insert(url);
                found.poison.push(url);
            } else {
                self.suspects.push(Some(url));
                found.suspects.push(url);
            }
        }
        // In the order in which they are written.
        self.suspects.retain(Option::is_some);
        self.suspects.truncate(LISTED);
        found
    }

    pub(crate) fn is_suspect(&self, url: u64) -> bool {
        self.suspects.contains(&Some(url))
    }

    /// Whether anybody is suspected, or known.
    pub(crate) fn is_wary(&self) -> bool {
        !self.poison.is_empty() || self.suspects.iter().any(Option::is_some)
    }

    /// No longer a suspect: says which entries of the file are free now.
    pub(crate) fn acquit(&mut self, url: u64) -> Vec<usize> {
        let of_url = self.suspects.iter_mut().enumerate().filter(|(_, suspect)| **suspect == Some(url));
        let freed = of_url.map(|(index, suspect)| {
            *suspect = None;
            SEATS + index
        });
        freed.collect()
    }
}

/// The entry of a URL.
pub(crate) fn entry(url: u64) -> [u8; ENTRY] {
    (u128::from(url) << 64 | u128::from(checksum(url))).to_be_bytes()
}

/// The URL of an entry, if it is taken; nothing at all if it is no entry.
fn number(entry: &[u8; ENTRY]) -> Option<Option<u64>> {
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

/// Puts a whole new file in the place of the old one: a start that is killed half-way leaves the one or the other.
pub(crate) fn replace(path: &Path, image: &SlotFile) -> io::Result<File> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(&image.encode())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    OpenOptions::new().write(true).open(path)
}
