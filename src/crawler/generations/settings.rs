//! A configuration as keys and values, with secrets replaced by hashes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};
use xxhash_rust::xxh3::Xxh3;

use crate::{config::Config, http::request::Request};

/// Keys that say how a run starts, or that change nothing of the crawl.
const IGNORED: [&str; 5] = ["log.", "runtime.", "store.fresh", "store.path", "scope.recheck"];

/// Key under which the content of the seed files is compared.
pub(super) const SEED_FILES: &str = "content of crawl.seed_files";

/// Key under which the seeds of the program are compared.
pub(super) const PROGRAM: &str = "seeds of the program";

/// Key for the hashes of secrets, so that equal secrets of two crawls have different hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecretKey(u128);

/// Values of a configuration by key; secrets are hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings(BTreeMap<String, String>);

/// A key whose value differs; an absent value is empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change<'s> {
    pub(super) key: &'s str,
    pub(super) before: &'s str,
    pub(super) now: &'s str,
}

impl SecretKey {
    /// A random key.
    pub(super) fn new() -> Self {
        Self(fastrand::u128(..))
    }

    fn hash(&self, secret: &str) -> String {
        let digest = Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(secret).finalize();
        let hexadecimal = digest.iter().take(8).fold(String::new(), |mut text, byte| {
            // Writing to a String does not fail.
            write!(text, "{byte:02x}").ok();
            text
        });
        format!("secret with hash {hexadecimal}")
    }
}

impl Settings {
    /// The settings of a configuration, with the content of its seed files, and with the seeds of the program.
    pub(crate) fn new(config: &Config, seeds: &[Request], secret: &SecretKey) -> Self {
        let (full, redacted) = (leaves(config), leaves(&config.redacted()));
        let value = |(key, full): (String, String)| match redacted.get(&key) {
            Some(redacted) if *redacted == full => (key, full),
            Some(_) | None => (key, secret.hash(&full)),
        };
        let kept = full.into_iter().filter(|(key, _)| !IGNORED.iter().any(|ignored| key.starts_with(ignored)));
        let mut settings: BTreeMap<_, _> = kept.map(value).collect();
        if let Some(hash) = config.seed_files_hash() {
            settings.insert(SEED_FILES.to_owned(), format!("{hash:032x}"));
        }
        if !seeds.is_empty() {
            let mut hasher = Xxh3::new();
            seeds.iter().for_each(|seed| hasher.update(format!("{seed:?}\n").as_bytes()));
            settings.insert(PROGRAM.to_owned(), format!("{} URLs with hash {:032x}", seeds.len(), hasher.digest128()));
        }
        Self(settings)
    }

    /// Returns the keys whose values are others in `now`, in order.
    pub(super) fn changes<'s>(&'s self, now: &'s Self) -> Vec<Change<'s>> {
        let keys = self.0.keys().chain(now.0.keys().filter(|key| !self.0.contains_key(*key)));
        let value = |settings: &'s Self, key: &str| settings.0.get(key).map_or("", String::as_str);
        let changes = keys.map(|key| Change { key, before: value(self, key), now: value(now, key) });
        changes.filter(|change| change.before != change.now).collect()
    }
}

impl Config {
    /// Returns a hash over the content of the seed files; `None` without such files. Pipes and files that cannot be read are
    /// left out: reading the seeds reports these.
    fn seed_files_hash(&self) -> Option<u128> {
        let files = self.standing_seed_files();
        if files.is_empty() {
            return None;
        }
        let mut hasher = Xxh3::new();
        for file in files {
            update_from_file(&mut hasher, &file).ok();
            hasher.update(b"\n");
        }
        Some(hasher.digest128())
    }
}

fn update_from_file(hasher: &mut Xxh3, path: &Path) -> io::Result<()> {
    let mut file = BufReader::new(File::open(path)?);
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        hasher.update(bytes);
        let read = bytes.len();
        file.consume(read);
    }
}

/// Returns the values of a configuration by key.
fn leaves(config: &Config) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    // Cannot fail: every configuration has a TOML form, and `lycosa check` prints it.
    collect("", Table::try_from(config).unwrap_or_default(), &mut leaves);
    leaves
}

fn collect(prefix: &str, table: Table, leaves: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(table) => collect(&key, table, leaves),
            value => drop(leaves.insert(key, value.to_string())),
        }
    }
}
