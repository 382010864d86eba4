//! The Scheduler: issues leases to the Fetchers, takes their settlements, and commits them.
//!
//! It is a thin actor around the [`Frontier`](crate::frontier::Frontier). Each message changes the frontier; then
//! `Scheduler::pump` takes every step that has become possible: issue leases, query the store, flush, commit, end. It never
//! waits.
//!
//! | file | contents |
//! |---|---|
//! | `actor`, `setup` | the actor, and what it is built from |
//! | `inbox` | one handler per message |
//! | `commit` | queries, flushes, commits, and their retries |
//! | `reports` | log lines, snapshots for observers, the final report |
//! | `fetcher_pool` | selects a Fetcher for each lease |
//! | `pause` | reasons to issue no leases for a while |
//! | `limits`, `memory_limit` | `[limits]` |
//! | `progress` | rates and the bottleneck |
//! | `shutdown` | when the crawl is over |

mod actor;
mod commit;
mod config;
mod fetcher_pool;
mod inbox;
mod limits;
mod memory_limit;
mod pause;
mod progress;
mod reports;
mod setup;
mod shutdown;

pub(crate) use actor::Scheduler;
pub(crate) use config::Config;
pub(crate) use fetcher_pool::FetcherHandle;
pub(crate) use limits::Limits;
pub(crate) use memory_limit::MemoryLimit;
pub(crate) use setup::{Observer, Setup, StartWhen, StopWhen};
