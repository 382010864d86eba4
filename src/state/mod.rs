//! State directories from outside: what is in one, whether it is sound, and what can be saved of it.
//!
//! Each function locks the directory: none works while a crawl runs in it.

use std::{fmt, io::Write, path::Path};

use serde_json::{Value, json};

use crate::{
    error::{Error, Result, StoreError},
    frontier::{
        Balance,
        commit::{
            inspect,
            url_status::{UrlStatus, refusal_key},
        },
    },
    sink::file_position,
    store::{OnDamage, StateReader, StoredRow, Table},
};

mod check;
mod salvage;

pub use crate::store::Extent;
pub use check::check;
pub use salvage::{Saved, salvage};

/// What is in a state directory.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Commits made.
    pub commits: u64,
    /// The outputs, and how many bytes of each are committed, where it is a file.
    pub outputs: Vec<(String, Option<u64>)>,
    /// The crawl's books.
    pub balance: Balance,
    /// Hosts known.
    pub hosts: u64,
}

/// Looks what is in a state directory.
///
/// # Errors
/// When it is none, is in use, or is damaged.
pub fn summary(path: &Path) -> Result<Summary> {
    let archive = StateReader::open(path)?;
    let recovered = archive.recovered()?;
    let length = |id: usize| {
        let (_, bytes) = recovered.positions.iter().find(|(other, _)| usize::from(*other) == id)?;
        file_position(bytes)
    };
    let outputs = archive.outputs.iter().enumerate().map(|(id, name)| (name.clone(), length(id))).collect();
    let mut hosts = 0;
    archive.scan(Table::Hosts, OnDamage::Stop, |_| {
        hosts += 1;
        Ok(())
    })?;
    let (counted, _) = inspect::counters(&recovered.meta).unwrap_or_default();
    let balance = Balance { queued: counted.admitted.saturating_sub(counted.ended()), ..counted };
    Ok(Summary { commits: recovered.number, outputs, balance, hosts })
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "commits: {}", self.commits)?;
        for (name, length) in &self.outputs {
            match length {
                Some(length) => writeln!(formatter, "output: {name}, {length} bytes committed")?,
                None => writeln!(formatter, "output: {name}")?,
            }
        }
        writeln!(formatter, "hosts: {}", self.hosts)?;
        write!(formatter, "{}", self.balance)
    }
}

/// Writes everything in a state directory as JSON, one line each: `queued`, `ended`, `host`, and `refused` for links whose
/// refusal was noted down. Of a URL that has ended, or was refused, only its number is kept.
///
/// # Errors
/// When it is none, is in use, or is damaged; when `out` takes no more.
pub fn export(path: &Path, out: &mut dyn Write) -> Result<()> {
    let archive = StateReader::open(path)?;
    let mut failed = None;
    for table in [Table::Hosts, Table::Queue, Table::Seen] {
        let result = archive.scan(table, OnDamage::Stop, |found| {
            let Some(line) = line(&found)? else { return Ok(()) };
            writeln!(out, "{line}").map_err(|error| {
                let message = error.to_string();
                failed = Some(error);
                StoreError::Unavailable(message.into())
            })
        });
        if let Some(error) = failed {
            return Err(Error::System { what: "writing", error });
        }
        result?;
    }
    Ok(())
}

/// What is told of a find; nothing of what is told elsewhere.
fn line(found: &StoredRow) -> Result<Option<Value>, StoreError> {
    let unreadable = |what: &str| StoreError::Damaged(format!("{what} is not what was written").into());
    Ok(match found {
        StoredRow::Seen(_, outcome) if outcome.is_empty() => None,
        StoredRow::Seen(url, bytes) => {
            let fate = UrlStatus::from_bytes(bytes).ok_or_else(|| unreadable("an outcome"))?;
            let (kind, url) = if fate.is_refusal() { ("refused", refusal_key(*url)) } else { ("ended", *url) };
            Some(json!({
                "kind": kind,
                "host": format!("{:016x}", url.host.0),
                "url": format!("{:016x}", url.url),
                "outcome": fate.ending.to_string(),
                "at": fate.at().0,
                "attempts": fate.attempts,
                "status": fate.status,
            }))
        }
        StoredRow::Queued(host, place, bytes) => {
            let entry = inspect::entry(bytes).ok_or_else(|| unreadable("a queue entry"))?;
            Some(json!({
                "kind": "queued",
                "host": format!("{:016x}", host.0),
                "url": entry.request.url().as_str(),
                "rank": place.rank,
                "arrival": place.seq,
                "attempts": entry.attempts,
                "not_before": entry.not_before.0,
                "failure": entry.failure.as_ref().map(|failure| failure.error.to_string()),
                "failed_at": entry.failure.as_ref().map(|failure| failure.at().0),
            }))
        }
        StoredRow::Host(host, bytes) => {
            let (.., row) = inspect::host(bytes).ok_or_else(|| unreadable("a host's row"))?;
            Some(json!({ "kind": "host", "host": format!("{:016x}", host.0), "row": row }))
        }
        StoredRow::Due(..) => None,
    })
}
