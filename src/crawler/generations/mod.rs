//! The configurations of a stored crawl, run after run.
//!
//! A generation is a configuration that decides otherwise than the one before it which URLs are crawled. Queued URLs and the
//! status of each URL carry the number of theirs. So a later start knows which queued URLs it must check, `--recheck` knows
//! which pages are of an earlier configuration, and `explain` can say which run applied a reason.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | the stored generations |
//! | `settings` | a configuration as keys and values, without secrets |
//! | `consequence` | what follows from a changed key |

mod consequence;
mod settings;

use std::collections::BTreeMap;

use bytes::Bytes;
use log::info;
use serde::{Deserialize, Serialize};

use self::settings::SecretKey;
pub(super) use self::settings::Settings;
use crate::{
    base::{stored, time::Wall},
    crawler::moment::moment,
    error::StoreError,
    side_table::ChangedRow,
};

/// First byte of the keys of these rows.
const ROW: u8 = b'g';

/// Second byte of the row of the secret key.
const SECRET: u8 = b'k';

/// Second byte of the row of a generation; its number follows.
const NUMBER: u8 = b'n';

/// Maximum number of generations kept.
const MAX_KEPT: usize = 100;

/// The configurations of a crawl's runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Generations {
    /// By number, from 1; at most [`MAX_KEPT`].
    kept: BTreeMap<u32, Generation>,
    /// Key for the hashes of secrets; made by the first run.
    secret: Option<SecretKey>,
}

/// A configuration, and when it was first used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Generation {
    first_run: Wall,
    settings: Settings,
}

/// The generation of a run.
#[derive(Debug, Default)]
pub(super) struct CurrentGeneration {
    pub(super) number: u32,
    /// Rows to commit.
    pub(super) rows: Vec<ChangedRow>,
}

impl Generations {
    /// Restores the generations from the rows of side tables.
    ///
    /// # Errors
    /// If a row is corrupt.
    pub(super) fn restored(side_rows: &[(Bytes, Bytes)]) -> Result<Self, StoreError> {
        let mut new = Self::default();
        for (key, row) in side_rows {
            match &**key {
                [ROW, SECRET] => new.secret = Some(decode(row)?),
                [ROW, NUMBER, number @ ..] => {
                    let number = number.try_into().map(u32::from_be_bytes);
                    let number = number.map_err(|_| StoreError::corrupt("the number of a configuration"))?;
                    new.kept.insert(number, decode(row)?);
                }
                _ => {}
            }
        }
        Ok(new)
    }

    /// Compares the configuration of this run with that of the last one, and logs each changed key with what follows from
    /// it. `describe` returns the settings with secrets hashed by a key.
    pub(super) fn start(mut self, now: Wall, describe: impl FnOnce(&SecretKey) -> Settings) -> CurrentGeneration {
        let mut rows = Vec::new();
        let secret = self.secret.take().unwrap_or_else(|| {
            let new = SecretKey::new();
            rows.push((Bytes::from_static(&[ROW, SECRET]), Some(stored::encode(&new))));
            new
        });
        let settings = describe(&secret);
        let (number, generation) = match self.kept.pop_last() {
            // The state of format 2 has URLs, and no configuration to compare with.
            None => (1, Generation { first_run: now, settings }),
            Some((number, last)) if last.settings == settings => return CurrentGeneration { number, rows },
            Some((number, last)) => {
                let mut is_new = false;
                for change in last.settings.changes(&settings) {
                    is_new |= consequence::decides_about_urls(change.key);
                    let consequence = consequence::of(change.key);
                    info!(key = change.key, before = change.before, now = change.now; "configuration changed: {consequence}");
                }
                match is_new {
                    true => (number + 1, Generation { first_run: now, settings }),
                    false => (number, Generation { settings, ..last }),
                }
            }
        };
        rows.push((row_key(number), Some(stored::encode(&generation))));
        let surplus = (self.kept.len() + 2).saturating_sub(MAX_KEPT);
        rows.extend(self.kept.keys().take(surplus).map(|old| (row_key(*old), None)));
        CurrentGeneration { number, rows }
    }

    /// Describes the runs of a generation; `None` if its configuration is not stored.
    pub(super) fn run(&self, number: u32) -> Option<String> {
        let generation = self.kept.get(&number)?;
        Some(format!("by configuration {number}, first used on {}", moment(generation.first_run)))
    }
}

fn row_key(number: u32) -> Bytes {
    [&[ROW, NUMBER][..], &number.to_be_bytes()].concat().into()
}

fn decode<T: serde::de::DeserializeOwned>(row: &[u8]) -> Result<T, StoreError> {
    stored::decode(row).ok_or_else(|| StoreError::corrupt("a configuration of an earlier run"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Layers};

    fn config(pairs: &[(&str, &str)]) -> Config {
        let mut layers = Layers::default();
        pairs.iter().for_each(|&(key, value)| layers.flag("--set", key, value));
        layers.load().unwrap().config
    }

    /// Starts a run with this configuration over the rows of earlier ones.
    fn start(rows: &mut BTreeMap<Bytes, Bytes>, pairs: &[(&str, &str)]) -> u32 {
        let stored: Vec<_> = rows.iter().map(|(key, row)| (key.clone(), row.clone())).collect();
        let config = config(pairs);
        let current =
            Generations::restored(&stored).unwrap().start(Wall(0), |secret| Settings::new(&config, &[], secret));
        for (key, row) in current.rows {
            match row {
                Some(row) => drop(rows.insert(key, row)),
                None => drop(rows.remove(&key)),
            }
        }
        current.number
    }

    #[test]
    fn only_what_decides_about_urls_is_a_new_generation() {
        let mut rows = BTreeMap::new();
        for (pairs, number) in [
            (&[][..], 1),
            (&[], 1),
            (&[("scope.depth", "3")], 2),
            (&[("scope.depth", "3"), ("politeness.delay", "2s")], 2),
            (&[("scope.depth", "3"), ("politeness.delay", "2s"), ("log.level", "debug")], 2),
            (&[("scope.depth", "3"), ("scope.recheck", "true")], 2),
            (&[("scope.depth", "4")], 3),
            (&[("scope.depth", "4"), ("crawl.seeds", "['http://a.example/']")], 4),
            (&[("scope.depth", "4"), ("crawl.seeds", "['http://a.example/']"), ("politeness.robots", "ignore")], 5),
        ] {
            assert_eq!(start(&mut rows, pairs), number, "{pairs:?}");
        }
    }

    #[test]
    fn a_hundred_generations_are_kept() {
        let mut rows = BTreeMap::new();
        for depth in 1..=250 {
            assert_eq!(start(&mut rows, &[("scope.depth", &depth.to_string())]), depth);
        }
        // The other row has the key for secrets.
        assert_eq!(rows.len(), MAX_KEPT + 1);
        let stored: Vec<_> = rows.into_iter().collect();
        let generations = Generations::restored(&stored).unwrap();
        assert_eq!(
            (generations.run(150), generations.run(151).is_some(), generations.run(250).is_some()),
            (None, true, true)
        );
    }

    #[test]
    fn secrets_are_stored_as_hashes() {
        let mut rows = BTreeMap::new();
        let auth = |password: &str| {
            format!("[{{ origin = 'http://a.example', type = 'basic', user = 'wolf', password = '{password}' }}]")
        };
        start(&mut rows, &[("auth", &auth("hunter2"))]);
        let before = rows.clone();
        start(&mut rows, &[("auth", &auth("hunter2"))]);
        assert_eq!(rows, before, "the same secret has the same hash");
        start(&mut rows, &[("auth", &auth("hunter3"))]);
        assert_ne!(rows, before);
        for text in rows.values().chain(before.values()).map(|row| String::from_utf8_lossy(row)) {
            assert!(!text.contains("hunter"), "{text}");
        }
    }

    #[test]
    fn damage_is_not_a_default() {
        let rows = [(row_key(1), Bytes::from_static(b"x"))];
        assert!(matches!(Generations::restored(&rows), Err(StoreError::Damaged(_))));
    }
}
