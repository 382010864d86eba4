//! Looks for damage in the database's files before fjall opens them.
//!
//! fjall does not notice a missing or corrupt file of some kinds: it opens a smaller database, and deletes or overwrites
//! what is left. So this folder reads private file formats of fjall and lsm-tree. They are those of the versions in
//! `FORMATS`; `Cargo.toml` pins them, and a test compares the two.
//!
//! | file | contents |
//! |---|---|
//! | `database` | checks a whole database |
//! | `layout` | files and directories that should exist |
//! | `keyspace` | which list of tables is the current one of a keyspace |
//! | `tables` | checksums of tables |
//! | `journal`, `journal_batch` | journals: commits in them, repair; format of a batch |

mod database;
mod journal;
mod journal_batch;
mod keyspace;
mod layout;
mod tables;

pub(crate) use database::check_database;
pub(crate) use journal::{commit_numbers, repair_journals};
pub(crate) use keyspace::{
    FJALL_KEYSPACE, check_version, encode_current, keyspaces, last_commit, open_tables, read_version,
};
pub(crate) use layout::{check_layout, misplaced};
#[cfg(test)]
pub(super) use {
    journal::{commit_range, whole_batches},
    journal_batch::JournalBatch,
    tables::{TableFile, check_tables},
};

/// Crates whose private file formats are read here, with the versions that were read.
#[cfg(test)]
pub(super) const FORMATS: [(&str, &str); 2] = [("fjall", "3.1.13"), ("lsm-tree", "3.1.10")];
