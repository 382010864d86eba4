//! The store: keeps what the frontier decides. One query, one atomic commit; no policy.
//!
//! At most one [`Query`] and one [`Commit`] are in flight. A lease writes nothing: an entry stays in its queue until its
//! settlement is committed, so a lease that a crash interrupts is issued again.
//!
//! | file | contents |
//! |---|---|
//! | `traits` | [`Store`] (writer), [`StoreReader`], grants of partitions |
//! | `query`, `commit`, `queue_position` | what a store reads and writes |
//! | `engine`, `config` | [`Engine`]: opens a crawl; `[store]`, which selects it |
//! | `inspect`, `extent` | [`Inspect`]: a stored crawl for tools; how much of a damaged one is left |
//! | `memory`, `embedded/` | the engines |
//! | `threads` | the threads that read and write |
//! | `conformance` | tests that every engine must pass |
//!
//! A new engine is a folder here, its `mod` line, and in `config` a [`StoreKind`](config::StoreKind) with an arm of
//! [`Config::engine`].

mod commit;
mod config;
#[cfg(test)]
mod conformance;
mod durability;
mod embedded;
mod engine;
mod extent;
mod inspect;
mod memory;
mod query;
mod queue_position;
mod threads;
mod traits;

pub(crate) use commit::{Change, Commit, HostChange, Receipt, Recovered, SinkId};
pub(crate) use config::Config;
pub use durability::Durability;
pub(crate) use embedded::{Build, open_damaged_directory, open_directory};
pub(crate) use engine::{Engine, OpenMode};
pub use extent::Extent;
pub(crate) use inspect::{DamagedCrawl, Inspect, OnDamage, StoredRow, Table};
#[cfg(test)]
pub(crate) use memory::MemoryStore;
pub(crate) use query::{AsideAfter, DueAfter, HeadsAfter, KeysAfter, Query, QueryResult};
pub(crate) use queue_position::QueuePosition;
pub(crate) use threads::{ReaderHandle, StoreThreads, WriterHandle, start};
#[cfg(test)]
pub(crate) use traits::StoreReader;
pub(crate) use traits::{Grant, Store};
