//! What each message does to the frontier; then the Scheduler does what has become possible.

use actix::{AsyncContext, Context, Handler, ResponseFuture};
use tokio::sync::oneshot;

use super::{Scheduler, shutdown};
use crate::{
    messages::{
        Answered, Committed, Cut, Drain, EndOfSeeds, Flushed, QuietSeeds, Space, Submit, Submitted, lease::Settle,
    },
    outcome::Outcome,
    report::Finish,
};

impl Handler<Settle> for Scheduler {
    type Result = ();

    fn handle(&mut self, Settle(settlements): Settle, context: &mut Context<Self>) {
        let now = self.setup.clock.now();
        for mut settlement in settlements {
            // Of a page that was handled: another one must be fetched whole.
            if let (Outcome::Done | Outcome::NotModified, Some(version)) =
                (&settlement.outcome, settlement.fetch_info.version.take())
            {
                let (request, version) = *version;
                self.setup.versions.put(request, version);
            }
            self.frontier.settle(settlement, now);
        }
        self.pump(context);
    }
}

impl Handler<Submit> for Scheduler {
    type Result = ResponseFuture<Submitted>;

    fn handle(&mut self, Submit { standing, streamed }: Submit, context: &mut Context<Self>) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        streamed.iter().for_each(|seed| self.frontier.remember(seed));
        self.submits.push_back(([standing, streamed].concat(), answer));
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

    fn handle(&mut self, Answered(answer): Answered, context: &mut Context<Self>) {
        let now = self.setup.clock.now();
        match answer.and_then(|answer| self.frontier.answer(answer, now)) {
            Ok(()) => self.pump(context),
            Err(error) => self.store_failed(error, context, |scheduler, context| {
                scheduler.frontier.ask_again();
                scheduler.pump(context);
            }),
        }
    }
}

impl Handler<Committed> for Scheduler {
    type Result = ();

    fn handle(&mut self, Committed { number, result }: Committed, context: &mut Context<Self>) {
        match result {
            // Refusals come with partitions that move; the stores so far own all of them for good.
            Ok(_) => {
                self.commit = None;
                self.brake.store_works();
                self.frontier.committed(number, self.setup.clock.now());
                self.setup.committed.send_replace(number);
                self.pump(context);
            }
            Err(error) => {
                self.brake.store_failed();
                self.store_failed(error, context, Self::write_commit);
            }
        }
    }
}

impl Handler<Space> for Scheduler {
    type Result = ();

    fn handle(&mut self, space: Space, context: &mut Context<Self>) {
        match space {
            Space::Enough => self.brake.room(),
            Space::Short { free, path } => {
                self.brake.no_room(free, &path.to_string_lossy(), self.setup.clock.mono());
            }
        }
        self.pump(context);
    }
}

impl Handler<QuietSeeds> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: QuietSeeds, context: &mut Context<Self>) {
        self.ending.seeds_are_quiet();
        self.pump(context);
    }
}

impl Handler<EndOfSeeds> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: EndOfSeeds, context: &mut Context<Self>) {
        self.ending.no_more_seeds();
        self.pump(context);
    }
}

impl Handler<Drain> for Scheduler {
    type Result = ();

    fn handle(&mut self, Drain(finish): Drain, context: &mut Context<Self>) {
        // A closed output takes no more records, so no drain would ever be flushed.
        if matches!(finish, Finish::Interrupted | Finish::ClosedOutput) {
            return self.halt(finish);
        }
        self.ending.drain(finish, self.setup.clock.mono());
        self.frontier.stop();
        context.run_later(self.setup.drain, Self::pump);
        context.run_later(self.setup.drain + shutdown::GRACE, Self::pump);
        self.pump(context);
    }
}
