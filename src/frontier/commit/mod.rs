//! Queries and commits to the store, and the formats of stored data.
//!
//! One batch is committed while the next fills. Settlements before `Cut(n)` are batch n, and so are the links that they
//! brought, even if the store decides these later. Batch n goes to the writer when every exporter has flushed **and** none
//! of its own links is undecided. It is remembered until it is committed and the query that was out at that moment has
//! returned, because that result may be older than the commit.
//!
//! [`Commits`] owns the batches, the query that is out, and the counters. [`protocol`] and [`lookup`] are what the frontier
//! does with them. The other files are formats; [`inspect`] is for tools that read a stored crawl.

mod arrivals;
pub(crate) mod aside_reading;
pub(crate) mod batch;
pub(crate) mod commits;
pub(crate) mod counters;
pub(crate) mod entry;
pub(crate) mod inspect;
mod lookup;
mod meta;
mod protocol;
pub(crate) mod refusal_log;
pub(crate) mod seen_row;
mod url_change;
pub(crate) mod url_status;

pub(crate) use commits::{Commits, Holdup};
pub(crate) use meta::{Meta, last_moment};
