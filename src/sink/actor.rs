//! The actor.

use actix::{Actor, AsyncContext, Context, Handler};

use super::{
    delivery::Delivery,
    queue::{BarrierReached, SpaceFreed},
    record_limit::RecordLimit,
    worker::ExporterQueue,
};
use crate::{
    messages::{Export, Flush},
    runtime::{gauges::Gauges, liveness::LivenessGuard},
};

/// Passes pages with records to the exporters and settles their leases.
#[derive(Debug)]
pub(crate) struct Sink {
    delivery: Delivery,
    _liveness: LivenessGuard,
}

impl Sink {
    /// Creates a Sink for exporters that have been [started](super::start).
    pub(crate) fn new(
        queues: Vec<ExporterQueue>,
        limit: RecordLimit,
        gauges: &Gauges,
        liveness: LivenessGuard,
    ) -> Self {
        Self { delivery: Delivery::new(queues, limit, gauges.sink.clone()), _liveness: liveness }
    }
}

impl Actor for Sink {
    type Context = Context<Self>;
}

impl Handler<Export> for Sink {
    type Result = ();

    fn handle(&mut self, Export(pages): Export, context: &mut Self::Context) {
        self.delivery.accept(pages, &context.address().downgrade().recipient());
    }
}

impl Handler<SpaceFreed> for Sink {
    type Result = ();

    fn handle(&mut self, SpaceFreed: SpaceFreed, context: &mut Self::Context) {
        self.delivery.deliver_waiting(&context.address().downgrade().recipient());
    }
}

impl Handler<Flush> for Sink {
    type Result = ();

    fn handle(&mut self, flush: Flush, context: &mut Self::Context) {
        self.delivery.flush(flush, &context.address().downgrade().recipient());
    }
}

impl Handler<BarrierReached> for Sink {
    type Result = ();

    fn handle(&mut self, reached: BarrierReached, _: &mut Self::Context) {
        self.delivery.barrier_reached(reached);
    }
}
