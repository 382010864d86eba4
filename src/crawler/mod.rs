//! Builds the pipeline, and builds it again when a part of it dies.
//!
//! | file | contents |
//! |---|---|
//! | `builder` | `Crawler`, which users configure and run |
//! | `crawl`, `rebuilds` | one pipeline after another, until a report |
//! | `plan`, `from_config` | what stays the same when a pipeline is rebuilt |
//! | `pipeline`, `workers` | actors and threads, and how they end |
//! | `without_output` | records that no output takes |
//! | `seeds`, `disk_space`, `memory`, `stopper` | use the crawl's `Control`, so they survive rebuilds |
//! | `generations/` | the configurations of a stored crawl, run after run |
//! | `client_identity` | files with cookies and credentials |
//! | `process/` | log lines, signals, limit of open files |
//! | `client` | single URLs, fetched as in a crawl |
//! | `explain/`, `moment` | what a crawl would do with a URL, and why; points in time as text |

mod builder;
mod client;
mod client_identity;
mod crawl;
mod disk_space;
mod explain;
mod from_config;
mod generations;
mod memory;
mod moment;
mod pipeline;
mod plan;
mod process;
mod rebuilds;
mod seeds;
mod stopper;
mod without_output;
mod workers;

pub use builder::Crawler;
pub use client::{Client, Trace, TraceError, fetch_once};
pub use explain::{Explanation, RobotsCheck, check_robots, explain};
pub use process::{
    log_queue::{drain_log, write_after_log},
    logging::log_to,
};
pub use stopper::Stopper;
