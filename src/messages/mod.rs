//! What the actors say to each other: imperative verbs, by `do_send`. Leases bound the mailboxes, and a closed mailbox
//! drops the message, whose leases come home by themselves.

pub(crate) mod lease;
pub(crate) mod settlement_batch;

use std::path::PathBuf;

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

/// To a Parser: run the handlers on these.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Parse(pub Vec<Fetched>);

/// A lease whose fetch is over: with its answer, or with the error of its last attempt.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The lease; its visit is filled in.
    pub lease: Lease,
    /// What came.
    pub result: Result<Response, FetchError>,
}

/// To the Sink: hand these pages to the exporters.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Export(pub Vec<Parsed>);

/// A page with records: they are handed to every exporter in one step, and in that step the lease is settled.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The lease; what its page gave is filled in.
    pub lease: Lease,
    /// Its records, at least one.
    pub records: Vec<Record>,
    /// How the lease ends: `Done`, or the rejection an errback put out records for.
    pub outcome: Outcome,
}

/// To the Scheduler: crawl these too. Answered when they are in a batch.
#[derive(Clone, Debug, Default, Message)]
#[rtype(result = "Submitted")]
pub(crate) struct Submit {
    /// Those of the configuration, of files and of the program: at each start they are there again.
    pub(crate) standing: Vec<Request>,
    /// Those of pipes, which may not come again.
    pub(crate) streamed: Vec<Request>,
}

/// What became of submitted requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Submitted {
    /// The batch they belong to: they are safe once it is committed.
    pub(crate) batch: u64,
}

/// To the Sink: end the batch of this number here.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Flush {
    /// The batch.
    pub number: u64,
    /// Told at once.
    pub cut: Recipient<Cut>,
    /// Told when every exporter has flushed.
    pub flushed: Recipient<Flushed>,
}

/// To the Scheduler: settlements that arrived before this are of batch `number`, later ones of the next.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Cut {
    /// The batch.
    pub number: u64,
}

/// To the Scheduler: every exporter has the records of this batch where its `durability` wants them.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Flushed {
    /// The batch.
    pub number: u64,
    /// How far each output reaches.
    pub positions: Vec<(SinkId, Bytes)>,
}

/// To the Scheduler, from the store's reader.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Answered(pub Result<QueryResult, StoreError>);

/// To the Scheduler, from the store's writer.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Committed {
    /// The commit.
    pub number: u64,
    /// What it did.
    pub result: Result<Receipt, StoreError>,
}

/// To the Scheduler: how much room the disks have, against `limits.disk_free`.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) enum Space {
    /// All have enough.
    Enough,
    /// This one has not.
    Short {
        /// Bytes left.
        free: u64,
        /// Where.
        path: PathBuf,
    },
}

/// To the Scheduler: seeds may still come, but none has for a while; what is queued goes on without them.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct QuietSeeds;

/// To the Scheduler: no more seeds will come; finish when nothing is left.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct EndOfSeeds;

/// To the Scheduler: lend no more, let what is in flight come home, commit, end for this reason; `Interrupted` and
/// `ClosedOutput`: end at once.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Drain(pub Finish);
