//! Every row of a state directory as JSON.

use std::{io::Write, path::Path};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    error::{Error, Result, StoreError},
    frontier::{
        assignment::VisitPurpose,
        commit::{
            inspect,
            seen_row::SeenRow,
            url_status::{UrlStatus, refusal_key},
        },
    },
    keys::{HostKey, UrlKey},
    store::{OnDamage, QueuePosition, StoredRow, Table, open_directory},
};

/// Writes every row of a state directory as one line of JSON.
///
/// The kinds of row are `host`, `queued`, `set_aside`, `ended`, and `refused` for links whose refusal is stored. Of a URL that
/// ended or was refused, only its key is stored.
///
/// # Errors
/// If it is not a state directory, in use, or damaged; if `out` cannot be written.
pub fn export(path: &Path, out: &mut dyn Write) -> Result<()> {
    export_tables(path, out).map_err(|error| error.with_way_out(path))
}

fn export_tables(path: &Path, out: &mut dyn Write) -> Result<()> {
    let crawl = open_directory(path)?;
    for table in [Table::Hosts, Table::Queue, Table::Aside, Table::Seen] {
        crawl.scan(table, OnDamage::Stop, &mut |row| {
            let Some(line) = line(&row)? else { return Ok(()) };
            writeln!(out, "{line}").map_err(|error| Error::System { what: "cannot write the export", error })
        })?;
    }
    Ok(())
}

/// Returns the JSON of a row; `None` if another row says the same.
fn line(row: &StoredRow) -> Result<Option<Value>, StoreError> {
    Ok(match row {
        StoredRow::Seen(url, bytes) => {
            match SeenRow::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("the status of a URL"))? {
                SeenRow::Queued { .. } | SeenRow::SetAside(_) => None,
                SeenRow::Ended(status) => Some(ended(*url, &status)),
            }
        }
        StoredRow::Queued(host, position, bytes) => Some(entry("queued", *host, Some(*position), bytes)?),
        StoredRow::Aside(url, bytes) => Some(entry("set_aside", url.host, None, bytes)?),
        StoredRow::Host(host, bytes) => {
            let (.., row) = inspect::host(bytes).ok_or_else(|| StoreError::corrupt("the row of a host"))?;
            Some(json!({ "kind": "host", "host": format!("{:016x}", host.0), "row": row }))
        }
        StoredRow::Due(..) => None,
    })
}

fn ended(url: UrlKey, status: &UrlStatus) -> Value {
    let (kind, url) = if status.is_refusal() { ("refused", refusal_key(url)) } else { ("ended", url) };
    json!({
        "kind": kind,
        "host": format!("{:016x}", url.host.0),
        "url": format!("{:016x}", url.url),
        "outcome": status.final_status.to_string(),
        "at": status.at().0,
        "attempts": status.attempts,
        "status": status.http_status,
        "depth": status.depth,
        "generation": status.generation,
    })
}

fn entry(kind: &str, host: HostKey, position: Option<QueuePosition>, bytes: &Bytes) -> Result<Value, StoreError> {
    let entry = inspect::entry(bytes).ok_or_else(|| StoreError::corrupt("a queue entry"))?;
    Ok(json!({
        "kind": kind,
        "host": format!("{:016x}", host.0),
        "url": entry.request.url().as_str(),
        "rank": position.map(|position| position.rank),
        "arrival": position.map(|position| position.seq),
        "attempts": entry.attempts,
        "not_before": entry.not_before.0,
        "failure": entry.failure.as_ref().map(|failure| failure.error.to_string()),
        "failed_at": entry.failure.as_ref().map(|failure| failure.at().0),
        "generation": entry.generation,
        "links_only": entry.purpose == VisitPurpose::Links,
    }))
}
