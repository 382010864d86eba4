//! The embedded store: a state directory with a database (fjall) in it. It survives the process, and with
//! `durability = "fsync"` a power failure.
//!
//! Damage is never silent. The commit number is in every keyspace and in a file outside the database, so that a database
//! that lost commits is not taken for an older or a new one. Before fjall opens its files, `check/` looks in them for
//! damage that fjall would not report.
//!
//! | file | contents |
//! |---|---|
//! | `engine`, `store` | the engine of `store.type = "embedded"`; a crawl's store |
//! | `state_reader` | a state directory open for tools |
//! | `database`, `commit`, `query`, `keys` | the database: keyspaces, writing, reading, keys |
//! | `directory/` | the state directory: lock, identity, anchor |
//! | `check/` | finds damage in the database's files; reads private formats of fjall |
//! | `salvage/` | repairs a copy of a damaged database |
//! | `error` | errors of fjall as errors of a store |

mod check;
mod commit;
mod database;
mod directory;
mod engine;
mod error;
mod keys;
mod query;
mod salvage;
mod state_reader;
mod store;
#[cfg(test)]
pub(super) mod tests;

pub(crate) use directory::Build;
pub(super) use engine::EmbeddedEngine;
pub(crate) use salvage::open_damaged_directory;
pub(crate) use state_reader::open_directory;
pub(super) use store::Setup;
