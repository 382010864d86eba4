//! The result of a salvage.

use std::fmt;

use crate::store::Extent;

/// Result of [`salvage`](super::salvage).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Number of queued URLs.
    pub queued: u64,
    /// Number of URLs that ended.
    pub ended: u64,
    /// Number of URLs set aside.
    pub set_aside: u64,
    /// Number of hosts.
    pub hosts: u64,
    /// Number of queued URLs whose requests are lost. They are fetched only if another page links to them.
    pub lost: u64,
    /// Number of places that could not be read. How much is lost there is unknown.
    pub gaps: u64,
    /// Last commit in each part of the damaged state.
    pub extent: Extent,
    /// Outputs whose committed position is lost. A resumed crawl appends to them without truncation, so records may be
    /// duplicated or missing.
    pub unknown: Vec<String>,
}

impl fmt::Display for Saved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queued, ended, set_aside, hosts, lost, gaps, extent, unknown } = self;
        write!(
            formatter,
            "saved {queued} queued, {set_aside} set aside and {ended} ended URLs of {hosts} hosts; lost {lost} queued URLs; {gaps} places could \
             not be read"
        )?;
        write_missing(extent, formatter)?;
        if *gaps > 0 || *lost > 0 {
            formatter.write_str(
                "\npages whose status is lost are fetched again, and their records are written twice; lost queued URLs \
                 are fetched only if another page links to them",
            )?;
        }
        unknown.iter().try_for_each(|output| {
            write!(
                formatter,
                "\noutput {output}: position lost; the next run appends to it without truncation, records may be \
                 duplicated or missing"
            )
        })
    }
}

/// Writes which commits are missing.
fn write_missing(extent: &Extent, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Extent { anchor, seen, queue, hosts, positions, missing } = extent;
    if *missing > 0 {
        write!(
            formatter,
            "\n{missing} of {} commits are missing or incomplete: the known URLs end at commit {seen}, the queues at \
             {queue}, the hosts at {hosts}, the output positions at {positions}",
            extent.newest()
        )?;
    }
    match anchor {
        Some(_) => Ok(()),
        None => formatter.write_str("\nthe anchor cannot be read; commits may be missing at the end"),
    }
}
