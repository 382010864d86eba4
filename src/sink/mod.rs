//! The Sink passes records to the exporters, which write them.
//!
//! All exporters that want a page get its records in one step, and its lease is settled in that step. So a barrier put
//! into all queues at once ends the outputs and the settlements at the same page: what the Scheduler commits is what the
//! outputs hold.
//!
//! | file | contents |
//! |---|---|
//! | `actor`, `delivery` | the Sink: which pages can be passed on now |
//! | `record_limit` | `limits.records` |
//! | `queue`, `worker` | queue and thread of one exporter |
//! | `exporter`, `slot` | the trait, and an exporter with its place in the crawl |
//! | `config`, `exporter_config` | `[[sink]]`, and what each kind of sink defines |
//! | `exporters/` | kinds of exporter |

mod actor;
mod config;
mod delivery;
mod exporter;
mod exporter_config;
mod exporters;
mod queue;
mod record_limit;
mod slot;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use actor::Sink;
pub(crate) use config::{Config, build, check};
pub use exporter::{ExportError, Exporter, Position};
pub(crate) use exporters::{file_position::file_length, write_mode::WriteMode};
pub use exporters::{jsonl::Jsonl, memory::MemoryExporter};
pub(crate) use record_limit::RecordLimit;
pub(crate) use slot::ExporterSlot;
pub(crate) use worker::{ExporterQueue, ExporterThread, start};
