//! Messages between actors.
//!
//! They are imperative verbs, sent with `do_send`. Mailboxes have no limit; the number of leases bounds them. A closed
//! mailbox drops the message, and the leases in it report themselves as lost.
//!
//! | file | contents |
//! |---|---|
//! | here | the messages |
//! | `lease` | what a URL travels in |
//! | `settlement_batch` | settlements sent together |
//! | `control` | handle of a crawl that survives rebuilds |

pub(crate) mod control;
pub(crate) mod lease;
pub(crate) mod settlement_batch;

use std::{path::PathBuf, sync::Arc};

use actix::{Message, Recipient};
use bytes::Bytes;

use self::lease::Lease;
use crate::{
    error::StoreError,
    failure::FetchError,
    http::{request::Request, response::Response},
    outcome::Outcome,
    record::Record,
    report::Finish,
    store::{QueryResult, Receipt, SinkId},
};

/// Maximum number of items in a message between threads.
pub(crate) const MAX_ITEMS: usize = 32;

/// To a Fetcher: fetch these now.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Fetch(pub Vec<Lease>);

/// To a Fetcher: stop fetching the leases with these serial numbers, and settle them as revoked.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Revoke(pub Arc<[u64]>);

/// To a Parser: run the handlers on these.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Parse(pub Vec<Fetched>);

/// Lease after its fetch.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The lease; its [`FetchInfo`](lease::FetchInfo) is filled in.
    pub lease: Lease,
    /// Response, or the error of the last attempt.
    pub result: Result<Response, FetchError>,
}

/// To the Sink: pass these pages to the exporters.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Export(pub Vec<Parsed>);

/// Page with records.
///
/// All exporters get the records in one step, and the lease is settled in that step.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The lease; its [`PageFindings`](lease::PageFindings) are filled in.
    pub lease: Lease,
    /// Records of the page; at least one.
    pub records: Vec<Record>,
    /// How the lease ends: `Done`, or the rejection for which the error handler emitted records.
    pub outcome: Outcome,
}

/// To the Scheduler: crawl these seeds too. Answered when they are in a batch.
#[derive(Clone, Debug, Default, Message)]
#[rtype(result = "Submitted")]
pub(crate) struct Submit {
    /// Seeds of the configuration, of files and of the program, which are submitted again at every start.
    pub(crate) standing: Vec<Request>,
    /// Seeds from pipes, which may not come a second time.
    pub(crate) streamed: Vec<Request>,
}

/// Answer to [`Submit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Submitted {
    /// Number of the batch with the seeds; they are safe once it is committed.
    pub(crate) batch: u64,
}

/// To the Sink: end a batch here.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Flush {
    /// Number of the batch.
    pub number: u64,
    /// Notified at once, after the settlements of the batch.
    pub cut: Recipient<Cut>,
    /// Notified when every exporter has flushed.
    pub flushed: Recipient<Flushed>,
}

/// To the Scheduler: settlements before this message belong to batch `number`, later ones to the next batch.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Cut {
    /// Number of the batch.
    pub number: u64,
}

/// To the Scheduler: every exporter has flushed the records of a batch, as `store.durability` demands.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Flushed {
    /// Number of the batch.
    pub number: u64,
    /// Position of each output.
    pub positions: Vec<(SinkId, Bytes)>,
}

/// To the Scheduler, from the store's reader: the result of a query.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Answered(pub Result<QueryResult, StoreError>);

/// To the Scheduler, from the store's writer: the result of a commit.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Committed {
    /// Number of the commit.
    pub number: u64,
    /// Receipt, or why it was not committed.
    pub result: Result<Receipt, StoreError>,
}

/// To the Scheduler: free disk space, compared with `limits.disk_free`.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) enum Space {
    /// Every disk has enough.
    Enough,
    /// One disk has too little; leasing pauses.
    Short {
        /// Free bytes.
        free: u64,
        /// Directory on the disk.
        path: PathBuf,
    },
}

/// To the Scheduler: no seed has come for a while; do not wait for more before leasing.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct QuietSeeds;

/// To the Scheduler: no more seeds will come; finish when nothing is left.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct EndOfSeeds;

/// To the Scheduler: issue no more leases, wait for those in flight, commit, and end for this reason.
///
/// `Interrupted` and `ClosedOutput` end the crawl at once, without waiting.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Drain(pub Finish);
