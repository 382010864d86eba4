//! Reads all rows of a state directory and compares them.

use std::path::Path;

use hashbrown::HashMap;

use crate::{
    error::Result,
    frontier::{
        commit::{inspect, seen_row::SeenRow},
        crawl_start::CrawlStart,
    },
    keys::HostKey,
    parser::CrashGuard,
    store::{Inspect, OnDamage, Recovered, StoredRow, Table, open_directory},
};

/// Maximum number of faults reported.
const MAX_FAULTS: usize = 100;

/// Counts of one host, by table.
#[derive(Debug, Default)]
struct HostTally {
    /// Root URL, or empty if the host has no row.
    root: String,
    /// Number of queued URLs according to the row of the host.
    in_row: u64,
    /// Number of entries in its queue.
    in_queue: u64,
    /// Number of its URLs that are queued according to the known URLs.
    in_seen: u64,
    /// Number of entries in the due index.
    due: u64,
}

/// Reads all of a state directory. Returns what is inconsistent, at most 100 faults.
///
/// # Errors
/// If it is not a state directory, in use, or cannot be read.
pub fn check(path: &Path) -> Result<Vec<String>> {
    let crawl = open_directory(path)?;
    let mut check = Check::default();
    check.read(&*crawl).map_err(|error| error.with_way_out(path))?;
    let recovered = crawl.recovered()?;
    check.compare_hosts();
    check.compare_counters(&recovered);
    let start = if recovered.number == 0 { CrawlStart::New } else { CrawlStart::Resumed };
    if let Err(error) = CrashGuard::check(&path.join("parsing"), start) {
        check.fault(error.with_way_out(path).to_string());
    }
    Ok(check.faults)
}

#[derive(Debug, Default)]
struct Check {
    /// Bounded by the number of hosts in the crawl.
    hosts: HashMap<HostKey, HostTally>,
    /// Bounded by [`MAX_FAULTS`].
    faults: Vec<String>,
    /// Number of URLs that ended.
    ended: u64,
    /// Number of URLs set aside, by the known URLs.
    set_aside: u64,
    /// The same number, by the entries of such URLs.
    aside_entries: u64,
}

impl Check {
    fn read(&mut self, crawl: &dyn Inspect) -> Result<()> {
        for table in [Table::Hosts, Table::Queue, Table::Seen, Table::Aside, Table::Due] {
            crawl.scan(table, OnDamage::Stop, &mut |row| {
                self.count(&row);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn count(&mut self, row: &StoredRow) {
        match row {
            StoredRow::Host(host, row) => match inspect::host(row) {
                Some((root, queued, _)) => {
                    let tally = self.hosts.entry(*host).or_default();
                    (tally.root, tally.in_row) = (root, queued);
                }
                None => self.fault(format!("the row of host {:016x} is corrupt", host.0)),
            },
            StoredRow::Queued(host, position, entry) => {
                self.hosts.entry(*host).or_default().in_queue += 1;
                if inspect::entry(entry).is_none() {
                    self.fault(format!("queue entry {} of host {:016x} is corrupt", position.seq, host.0));
                }
            }
            StoredRow::Seen(url, row) => match SeenRow::from_bytes(row) {
                Some(SeenRow::Queued { .. }) => self.hosts.entry(url.host).or_default().in_seen += 1,
                Some(SeenRow::SetAside(_)) => self.set_aside += 1,
                Some(SeenRow::Ended(status)) if status.is_refusal() => {}
                Some(SeenRow::Ended(_)) => self.ended += 1,
                None => {
                    self.fault(format!("the status of URL {:016x} of host {:016x} is corrupt", url.url, url.host.0))
                }
            },
            StoredRow::Aside(url, entry) => {
                self.aside_entries += 1;
                if inspect::entry(entry).is_none() {
                    self.fault(format!("the entry of URL {:016x} of host {:016x} is corrupt", url.url, url.host.0));
                }
            }
            StoredRow::Due(host, _) => self.hosts.entry(*host).or_default().due += 1,
        }
    }

    fn compare_hosts(&mut self) {
        for (host, tally) in std::mem::take(&mut self.hosts) {
            if !tally.is_consistent() {
                let HostTally { root, in_row, in_queue, in_seen, due } = tally;
                let name = if root.is_empty() { format!("host {:016x}", host.0) } else { root };
                self.fault(format!(
                    "{name}: {in_row} URLs queued by its row, {in_queue} by its queue, {in_seen} by the known URLs; \
                     {due} due entries"
                ));
            }
        }
    }

    fn compare_counters(&mut self, recovered: &Recovered) {
        let balance = match inspect::counters(&recovered.meta) {
            Ok((balance, _)) => balance,
            Err(error) => return self.fault(error.to_string()),
        };
        if balance.ended() != self.ended {
            self.fault(format!("{} URLs ended, but the counters have {}", self.ended, balance.ended()));
        }
        if [self.set_aside, self.aside_entries] != [balance.parked; 2] {
            let Self { set_aside, aside_entries, .. } = self;
            let fault = format!(
                "{set_aside} URLs are set aside by the known URLs, {aside_entries} by their entries, {} by the counters",
                balance.parked
            );
            self.fault(fault);
        }
    }

    fn fault(&mut self, message: String) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(message);
        }
    }
}

impl HostTally {
    fn is_consistent(&self) -> bool {
        let queued = self.in_row;
        queued == self.in_queue && queued == self.in_seen && self.due == u64::from(queued > 0)
    }
}
