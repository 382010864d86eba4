//! Queries, flushes and commits, which are sent again if the store fails.

use std::{sync::Arc, time::Duration};

use actix::{AsyncContext, Context};

use super::actor::Scheduler;
use crate::{
    error::StoreError,
    messages::{Answered, Committed, Flush},
};

/// Time before a failed query or commit is sent again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

impl Scheduler {
    pub(super) fn query(&mut self, context: &mut Context<Self>) {
        if let Some(query) = self.frontier.query(self.setup.clock.now()) {
            let answered = context.address().recipient::<Answered>();
            self.setup.reader.query(query, Box::new(move |result| answered.do_send(Answered(result))));
        }
    }

    pub(super) fn flush(&mut self, context: &mut Context<Self>) {
        if let Some(number) = self.frontier.flush() {
            let address = context.address();
            let cut = address.clone().recipient();
            self.setup.sink.do_send(Flush { number, cut, flushed: address.recipient() });
        }
    }

    /// Sends the next commit to the store, if there is one.
    pub(super) fn send_commit(&mut self, context: &mut Context<Self>) {
        let now = self.setup.clock.now();
        if let Some(mut commit) = self.frontier.commit(now) {
            commit.side_rows.extend(self.setup.side_tables.iter().flat_map(|table| table.changes(now.wall)));
            self.commit = Some(Arc::new(commit));
            self.write_commit(context);
        }
    }

    /// Sends the commit in flight, for the first time or again.
    pub(super) fn write_commit(&mut self, context: &mut Context<Self>) {
        let Some(commit) = self.commit.clone() else { return };
        let (number, committed) = (commit.number, context.address().recipient::<Committed>());
        let reply = Box::new(move |result| committed.do_send(Committed { number, result }));
        self.setup.writer.commit(commit, reply);
    }

    /// Calls `retry` after a pause, or ends the crawl if a retry cannot help.
    pub(super) fn store_failed(
        &mut self,
        error: StoreError,
        context: &mut Context<Self>,
        retry: fn(&mut Self, &mut Context<Self>),
    ) {
        match error {
            StoreError::Unavailable(_) | StoreError::DiskFull(_) => {
                log::warn!(error:%; "store failed; retrying");
                context.run_later(RETRY_INTERVAL, retry);
            }
            StoreError::Damaged(_) | StoreError::Refused(_) => self.finish(Err(error)),
        }
    }
}
