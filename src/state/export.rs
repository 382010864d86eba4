//! Every row of a state directory as JSON.

use std::{io::Write, path::Path};

use serde_json::{Value, json};

use crate::{
    error::{Error, Result, StoreError},
    frontier::commit::{
        inspect,
        url_status::{UrlStatus, refusal_key},
    },
    store::{OnDamage, StoredRow, Table, open_directory},
};

/// Writes every row of a state directory as one line of JSON.
///
/// The kinds of row are `host`, `queued`, `ended`, and `refused` for links whose refusal is stored. Of a URL that ended or
/// was refused, only its key is stored.
///
/// # Errors
/// If it is not a state directory, in use, or damaged; if `out` cannot be written.
pub fn export(path: &Path, out: &mut dyn Write) -> Result<()> {
    export_tables(path, out).map_err(|error| error.with_way_out(path))
}

fn export_tables(path: &Path, out: &mut dyn Write) -> Result<()> {
    let crawl = open_directory(path)?;
    for table in [Table::Hosts, Table::Queue, Table::Seen] {
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
        StoredRow::Seen(_, status) if status.is_empty() => None,
        StoredRow::Seen(url, bytes) => {
            let status = UrlStatus::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("the status of a URL"))?;
            let (kind, url) = if status.is_refusal() { ("refused", refusal_key(*url)) } else { ("ended", *url) };
            Some(json!({
                "kind": kind,
                "host": format!("{:016x}", url.host.0),
                "url": format!("{:016x}", url.url),
                "outcome": status.final_status.to_string(),
                "at": status.at().0,
                "attempts": status.attempts,
                "status": status.http_status,
            }))
        }
        StoredRow::Queued(host, position, bytes) => {
            let entry = inspect::entry(bytes).ok_or_else(|| StoreError::corrupt("a queue entry"))?;
            Some(json!({
                "kind": "queued",
                "host": format!("{:016x}", host.0),
                "url": entry.request.url().as_str(),
                "rank": position.rank,
                "arrival": position.seq,
                "attempts": entry.attempts,
                "not_before": entry.not_before.0,
                "failure": entry.failure.as_ref().map(|failure| failure.error.to_string()),
                "failed_at": entry.failure.as_ref().map(|failure| failure.at().0),
            }))
        }
        StoredRow::Host(host, bytes) => {
            let (.., row) = inspect::host(bytes).ok_or_else(|| StoreError::corrupt("the row of a host"))?;
            Some(json!({ "kind": "host", "host": format!("{:016x}", host.0), "row": row }))
        }
        StoredRow::Due(..) => None,
    })
}
