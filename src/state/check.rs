//! Whether everything in a state directory agrees with everything else.

use std::path::Path;

use hashbrown::HashMap;

use crate::{
    error::{Result, StoreError},
    frontier::commit::{inspect, url_status::UrlStatus},
    keys::HostKey,
    parser::{CrashGuard, StartKind},
    store::{OnDamage, StateReader, StoredRow, Table, with_way_out},
};

/// Faults told, at most.
const MAX_FAULTS: usize = 100;

/// What the tables say of one host: bounded by the hosts of the crawl.
#[derive(Debug, Default)]
struct Tally {
    name: String,
    /// Queue entries by its row, by the queue itself, and by the URLs that have not ended.
    row: u64,
    queue: u64,
    seen: u64,
    /// Its places in the order of turns.
    due: u64,
}

/// Reads all of a state directory: what does not agree, at most 100 faults.
///
/// # Errors
/// When it is none, is in use, or cannot be read.
pub fn check(path: &Path) -> Result<Vec<String>> {
    let archive = StateReader::open(path)?;
    let mut hosts: HashMap<HostKey, Tally> = HashMap::new();
    let (mut faults, mut ended) = (Vec::new(), 0);
    for table in [Table::Hosts, Table::Queue, Table::Seen, Table::Due] {
        let scanned = archive.scan(table, OnDamage::Stop, |found| {
            count(&mut hosts, &mut faults, &mut ended, &found);
            Ok::<_, StoreError>(())
        });
        scanned.map_err(|error| with_way_out(error, path))?;
    }
    for tally in hosts.values().filter(|tally| !tally.is_sound()) {
        let Tally { name, row, queue, seen, due } = tally;
        faults.push(format!("{name}: row has {row} queued, queue {queue}, seen {seen}, turns {due}"));
    }
    let recovered = archive.recovered()?;
    match inspect::counters(&recovered.meta) {
        Some((balance, _)) if balance.ended() == ended => {}
        Some((balance, _)) => faults.push(format!("{ended} URLs have ended, the counters say {}", balance.ended())),
        // Before the first settlement there are none.
        None if recovered.meta.is_empty() && ended == 0 => {}
        None => faults.push("the counters are not what was written".to_owned()),
    }
    let age = if recovered.number == 0 { StartKind::New } else { StartKind::Old };
    if let Err(error) = CrashGuard::check(&path.join("parsing"), age) {
        faults.push(with_way_out(error, path).to_string());
    }
    faults.truncate(MAX_FAULTS);
    Ok(faults)
}

fn count(hosts: &mut HashMap<HostKey, Tally>, faults: &mut Vec<String>, ended: &mut u64, found: &StoredRow) {
    let mut fault = |message: String| {
        if faults.len() < MAX_FAULTS {
            faults.push(message);
        }
    };
    match found {
        StoredRow::Host(host, row) => match inspect::host(row) {
            Some((name, row, _)) => {
                let tally = hosts.entry(*host).or_default();
                (tally.name, tally.row) = (name, row);
            }
            None => fault(format!("the row of host {:016x} is not what was written", host.0)),
        },
        StoredRow::Queued(host, place, entry) => {
            hosts.entry(*host).or_default().queue += 1;
            if inspect::entry(entry).is_none() {
                fault(format!("entry {} of host {:016x} is not what was written", place.seq, host.0));
            }
        }
        StoredRow::Seen(url, outcome) if outcome.is_empty() => hosts.entry(url.host).or_default().seen += 1,
        StoredRow::Seen(url, outcome) => match UrlStatus::from_bytes(outcome) {
            Some(fate) if fate.is_refusal() => {}
            Some(_) => *ended += 1,
            None => {
                fault(format!("the outcome of {:016x} of host {:016x} is not what was written", url.url, url.host.0))
            }
        },
        StoredRow::Due(host, _) => hosts.entry(*host).or_default().due += 1,
    }
}

impl Tally {
    fn is_sound(&self) -> bool {
        self.row == self.queue && self.queue == self.seen && self.due == u64::from(self.row > 0)
    }
}
