//! What passes between the frontier and its store: questions, flushes and commits, sent again when the store fails.

use std::{sync::Arc, time::Duration};

use actix::{AsyncContext, Context};

use super::Scheduler;
use crate::{
    error::StoreError,
    messages::{Answered, Committed, Flush},
};

/// Pause before the store is asked again after it did not answer.
const STORE_AGAIN: Duration = Duration::from_secs(1);

impl Scheduler {
    pub(super) fn query(&mut self, context: &mut Context<Self>) {
        if let Some(ask) = self.frontier.query(self.setup.clock.now()) {
            let answered = context.address().recipient::<Answered>();
            self.setup.reader.query(ask, Box::new(move |answer| answered.do_send(Answered(answer))));
        }
    }

    pub(super) fn flush(&mut self, context: &mut Context<Self>) {
        if let Some(number) = self.frontier.flush() {
            let address = context.address();
            let cut = address.clone().recipient();
            self.setup.sink.do_send(Flush { number, cut, flushed: address.recipient() });
        }
    }

    pub(super) fn send_commit(&mut self, context: &mut Context<Self>) {
        let now = self.setup.clock.now();
        if let Some(mut commit) = self.frontier.commit(now) {
            commit.side_rows = self.setup.side_tables.iter().flat_map(|table| table.changes(now.wall)).collect();
            self.commit = Some(Arc::new(commit));
            self.write_commit(context);
        }
    }

    pub(super) fn write_commit(&mut self, context: &mut Context<Self>) {
        let Some(commit) = self.commit.clone() else { return };
        let (number, committed) = (commit.number, context.address().recipient::<Committed>());
        let reply = Box::new(move |result| committed.do_send(Committed { number, result }));
        self.setup.writer.commit(commit, reply);
    }

    /// The store did not do what it was asked: again after a pause, unless it is damaged.
    pub(super) fn store_failed(
        &mut self,
        error: StoreError,
        context: &mut Context<Self>,
        again: fn(&mut Self, &mut Context<Self>),
    ) {
        match error {
            StoreError::Unavailable(_) | StoreError::DiskFull(_) => {
                log::warn!(error:%; "store does not answer; trying again");
                context.run_later(STORE_AGAIN, again);
            }
            StoreError::Damaged(_) | StoreError::Refused(_) => self.finish(Err(error)),
        }
    }
}
