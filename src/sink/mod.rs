//! The Sink hands records to the exporters, each of which has a thread of its own.
//!
//! A page's records go to every exporter that wants them in one step, and in that step its lease is settled. So a mark put
//! into all queues at once cuts the outputs and the settlements at the same place: what the Scheduler commits is what the
//! outputs hold.

use actix::{Actor, AsyncContext, Context, Handler};

use crate::{
    messages::{Export, Flush},
    record::Record,
    runtime::{gauges::Gauges, liveness::LivenessGuard},
};

pub(crate) mod config;
mod delivery;
mod exporter;
pub(crate) mod exporters;
mod queue;
mod worker;

pub(crate) use config::build;
pub(crate) use config::{Config, Mode, SinkKind};
/// How many bytes of a file a position covers; nothing if it is not a file's.
pub(crate) fn file_position(position: &bytes::Bytes) -> Option<u64> {
    let position = Position(position.clone());
    exporters::file_position::FilePosition::decode(&position).ok().map(|position| position.length())
}

pub use exporter::{ExportError, Exporter, Position};
pub use exporters::jsonl::Jsonl;
pub use exporters::memory::MemoryExporter;
pub(crate) use worker::{ExporterQueue, ExporterSlot, ExporterThread, start};

use delivery::Delivery;
use queue::{BarrierReached, SpaceFreed};

/// Takes pages with records, hands them to the exporters and settles their leases.
#[derive(Debug)]
pub(crate) struct Sink {
    handover: Delivery,
    _vital: LivenessGuard,
}

impl Sink {
    /// A Sink for these exporters, which have been [started](start).
    pub(crate) fn new(inlets: Vec<ExporterQueue>, gauges: &Gauges, vital: LivenessGuard) -> Self {
        Self { handover: Delivery::new(inlets, gauges.sink.clone()), _vital: vital }
    }
}

impl Actor for Sink {
    type Context = Context<Self>;
}

impl Handler<Export> for Sink {
    type Result = ();

    fn handle(&mut self, Export(pages): Export, context: &mut Self::Context) {
        self.handover.take(pages, &context.address().downgrade().recipient());
    }
}

impl Handler<SpaceFreed> for Sink {
    type Result = ();

    fn handle(&mut self, SpaceFreed: SpaceFreed, context: &mut Self::Context) {
        self.handover.hand_on(&context.address().downgrade().recipient());
    }
}

impl Handler<Flush> for Sink {
    type Result = ();

    fn handle(&mut self, flush: Flush, context: &mut Self::Context) {
        self.handover.flush(flush, &context.address().downgrade().recipient());
    }
}

impl Handler<BarrierReached> for Sink {
    type Result = ();

    fn handle(&mut self, reached: BarrierReached, _: &mut Self::Context) {
        self.handover.reached(reached);
    }
}

/// Appends a record as one line of JSON.
fn push_line(lines: &mut Vec<u8>, record: &Record) {
    lines.extend_from_slice(record.json());
    lines.push(b'\n');
}

#[cfg(test)]
mod tests;
