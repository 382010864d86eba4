//! One handler per message: each changes the state, then calls `pump`.

use actix::{AsyncContext, Context, Handler, ResponseFuture};
use tokio::sync::oneshot;

use super::{actor::Scheduler, shutdown};
use crate::{
    messages::{
        Answered, Committed, Cut, Drain, EndOfSeeds, Flushed, QuietSeeds, Space, Submit, Submitted,
        lease::{Settle, Stalled},
    },
    outcome::Outcome,
    report::Finish,
};

impl Handler<Settle> for Scheduler {
    type Result = ();

    fn handle(&mut self, Settle(settlements): Settle, context: &mut Context<Self>) {
        let now = self.setup.clock.now();
        for mut settlement in settlements {
            // Only validators of a handled page are kept; any other page must be fetched completely next time.
            if let (Outcome::Done | Outcome::NotModified, Some(version)) =
                (&settlement.outcome, settlement.fetch_info.version.take())
            {
                let (request, version) = *version;
                self.setup.validators.put(request, version);
            }
            self.frontier.settle(settlement, now);
        }
        self.pump(context);
    }
}

impl Handler<Stalled> for Scheduler {
    type Result = ();

    fn handle(&mut self, Stalled(serials): Stalled, context: &mut Context<Self>) {
        self.frontier.stalled(&serials);
        self.pump(context);
    }
}

impl Handler<Submit> for Scheduler {
    type Result = ResponseFuture<Submitted>;

    fn handle(&mut self, seeds: Submit, context: &mut Context<Self>) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.submits.push_back((seeds, answer));
        self.pump(context);
        Box::pin(async { answered.await.unwrap_or_default() })
    }
}

impl Handler<Cut> for Scheduler {
    type Result = ();

    fn handle(&mut self, Cut { number }: Cut, context: &mut Context<Self>) {
        self.frontier.cut(number);
        self.pump(context);
    }
}

impl Handler<Flushed> for Scheduler {
    type Result = ();

    fn handle(&mut self, flushed: Flushed, context: &mut Context<Self>) {
        self.frontier.flushed(flushed.number, flushed.positions);
        self.pump(context);
    }
}

impl Handler<Answered> for Scheduler {
    type Result = ();

    fn handle(&mut self, Answered(result): Answered, context: &mut Context<Self>) {
        let now = self.setup.clock.now();
        match result.and_then(|result| self.frontier.apply_result(result, now)) {
            Ok(()) => self.pump(context),
            Err(error) => self.store_failed(error, context, |scheduler, context| {
                scheduler.frontier.retry_query();
                scheduler.pump(context);
            }),
        }
    }
}

impl Handler<Committed> for Scheduler {
    type Result = ();

    fn handle(&mut self, Committed { number, result }: Committed, context: &mut Context<Self>) {
        match result {
            // The receipt names refused partitions; a store that owns all partitions refuses none.
            Ok(_) => {
                self.commit = None;
                self.pause.store_works();
                self.frontier.committed(number, self.setup.clock.now());
                self.setup.committed.send_replace(number);
                self.pump(context);
            }
            Err(error) => {
                self.pause.store_failed(&error);
                self.store_failed(error, context, Self::write_commit);
            }
        }
    }
}

impl Handler<Space> for Scheduler {
    type Result = ();

    fn handle(&mut self, space: Space, context: &mut Context<Self>) {
        match space {
            Space::Enough => self.pause.disk_has_space(),
            Space::Short { free, path } => {
                self.pause.disk_is_short(free, &path, self.setup.clock.mono());
            }
        }
        self.pump(context);
    }
}

impl Handler<QuietSeeds> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: QuietSeeds, context: &mut Context<Self>) {
        self.shutdown.quiet_seeds();
        self.frontier.restore_all();
        self.pump(context);
    }
}

impl Handler<EndOfSeeds> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: EndOfSeeds, context: &mut Context<Self>) {
        self.shutdown.end_of_seeds();
        self.frontier.restore_all();
        self.pump(context);
    }
}

impl Handler<Drain> for Scheduler {
    type Result = ();

    fn handle(&mut self, Drain(finish): Drain, context: &mut Context<Self>) {
        // A closed output takes no more records, so the last flush would never end.
        if matches!(finish, Finish::Interrupted | Finish::ClosedOutput) {
            return self.halt(finish);
        }
        self.shutdown.drain(finish, self.setup.clock.mono());
        self.frontier.stop();
        context.run_later(self.setup.config.drain, Self::pump);
        context.run_later(self.setup.config.drain + shutdown::GRACE, Self::pump);
        self.pump(context);
    }
}
