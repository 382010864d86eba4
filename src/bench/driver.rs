//! Does with a frontier what the Scheduler does, on virtual time. The store runs in real time, as do the commit intervals.

use std::{
    collections::VecDeque,
    mem,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    usage::{Sample, peak_memory},
    web::{LATENCY, Links, Requests, Web, WebThread},
};
use crate::{
    base::time::{Mono, Now},
    config::Config,
    error::{Error, Result, StoreError},
    frontier::{Frontier, assignment::Settlement},
    runtime::{
        clock::{Clock, cpu_of_process},
        liveness::ThreadExit,
    },
    store::{QueryResult, ReaderHandle, Receipt, StoreThreads, WriterHandle},
};

/// Time between two progress lines in the log.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum time that the store's threads take to close it, which includes compactions.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(120);

/// When a phase ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    /// When this many URLs are admitted.
    Admitted(u64),
    /// When this many URLs ended.
    Ended(u64),
}

/// A reply of the store's threads.
enum StoreReply {
    Answered(Result<QueryResult, StoreError>),
    Committed(u64, Result<Receipt, StoreError>),
}

/// A frontier with its store and the synthetic web.
pub(super) struct Driver {
    frontier: Frontier,
    /// Maximum number of leases in flight.
    slots: usize,
    commit_interval: Duration,
    reader: ReaderHandle,
    writer: WriterHandle,
    threads: StoreThreads,
    exits: UnboundedReceiver<ThreadExit>,
    reply: Sender<StoreReply>,
    replies: Receiver<StoreReply>,
    web: WebThread,
    /// Processor time of the web's thread.
    web_cpu: Duration,
    /// When each lease in flight ends, in order; bounded by `slots`.
    ends: VecDeque<Mono>,
    /// Settlements of leases in flight, in the same order.
    settlements: VecDeque<Settlement>,
    clock: Clock,
    /// Virtual time.
    now: Now,
    /// Real time of the last flush.
    flushed: Mono,
    /// Real time of the last progress line.
    logged: Mono,
    asked: u64,
    leases: u64,
    commits: u64,
}

impl Driver {
    pub(super) fn new(
        config: &Config,
        frontier: Frontier,
        (reader, writer, threads): (ReaderHandle, WriterHandle, StoreThreads),
        exits: UnboundedReceiver<ThreadExit>,
        web: WebThread,
        clock: Clock,
        now: Now,
    ) -> Self {
        let (reply, replies) = channel();
        Self {
            frontier,
            slots: config.fetcher.concurrency,
            commit_interval: config.store.commit_interval,
            reader,
            writer,
            threads,
            exits,
            reply,
            replies,
            web,
            web_cpu: Duration::ZERO,
            ends: VecDeque::new(),
            settlements: VecDeque::new(),
            clock,
            now,
            flushed: clock.mono(),
            logged: clock.mono(),
            asked: 0,
            leases: 0,
            commits: 0,
        }
    }

    /// Submits the web's seeds.
    pub(super) fn submit_seeds(&mut self) {
        self.frontier.submit(mem::take(&mut self.web.seeds), self.now);
    }

    /// Runs until the goal is reached, or nothing is left, and everything is committed.
    pub(super) fn run(&mut self, goal: Goal, links: Links) -> Result<()> {
        while !self.has_reached(goal) && !self.frontier.is_exhausted() {
            self.settle_ended()?;
            self.issue_leases(links)?;
            self.serve_store()?;
            self.pass_time(self.has_free_slot())?;
        }
        while !(self.ends.is_empty() && self.frontier.is_committed()) {
            self.settle_ended()?;
            self.serve_store()?;
            self.pass_time(false)?;
        }
        Ok(())
    }

    /// Runs until a lease is issued, or nothing is left. Returns true if there was a lease.
    pub(super) fn run_to_first_lease(&mut self) -> Result<bool> {
        while self.leases == 0 && !self.frontier.is_exhausted() {
            self.issue_leases(Links::None)?;
            self.serve_store()?;
            self.pass_time(true)?;
        }
        Ok(self.leases > 0)
    }

    /// Returns the counters at this moment.
    pub(super) fn sample(&self) -> Sample {
        Sample {
            at: self.clock.mono(),
            cpu: cpu_of_process().saturating_sub(self.web_cpu),
            balance: self.frontier.balance(),
            asked: self.asked,
            leases: self.leases,
            commits: self.commits,
            memory: peak_memory(),
        }
    }

    /// Ends all threads. Leases in flight are lost, as in a crash. Returns the virtual time and the web.
    pub(super) fn close(self) -> Result<(Now, Web)> {
        let Self { reader, writer, threads, web, now, .. } = self;
        drop((reader, writer));
        if !threads.join(CLOSE_TIMEOUT) {
            return Err(Error::Pipeline("the store did not close in time".to_owned()));
        }
        drop(web.requests);
        let web = web.thread.join().map_err(|_| Error::Pipeline("the synthetic web panicked".to_owned()))?;
        Ok((now, web))
    }

    fn has_reached(&self, goal: Goal) -> bool {
        match goal {
            Goal::Admitted(urls) => self.frontier.balance().admitted >= urls,
            Goal::Ended(urls) => self.frontier.balance().ended() + self.ends.len() as u64 >= urls,
        }
    }

    fn has_free_slot(&self) -> bool {
        self.ends.len() < self.slots && !self.frontier.is_paused()
    }

    fn issue_leases(&mut self, links: Links) -> Result<()> {
        let mut assignments = Vec::new();
        while self.has_free_slot() {
            let Some(assignment) = self.frontier.next_lease(self.now) else { break };
            self.ends.push_back(self.now.mono + LATENCY);
            self.leases += 1;
            assignments.push(assignment);
        }
        if assignments.is_empty() {
            return Ok(());
        }
        let requests = Requests { assignments, started: self.now.mono, links };
        self.web.requests.send(requests).map_err(|_| web_ended())
    }

    /// Settles the leases that have ended by now.
    fn settle_ended(&mut self) -> Result<()> {
        while self.ends.front().is_some_and(|at| *at <= self.now.mono) {
            while self.settlements.is_empty() {
                let responses = self.web.responses.recv().map_err(|_| web_ended())?;
                self.web_cpu = responses.cpu;
                self.settlements.extend(responses.settlements);
            }
            self.ends.pop_front();
            if let Some(settlement) = self.settlements.pop_front() {
                self.frontier.settle(settlement, self.now);
            }
        }
        Ok(())
    }

    /// Handles replies of the store, and sends it the next query and commit.
    fn serve_store(&mut self) -> Result<()> {
        while let Ok(reply) = self.replies.try_recv() {
            self.handle(reply)?;
        }
        if let Some(query) = self.frontier.query(self.now) {
            self.asked += query.seen.len() as u64;
            let reply = self.reply.clone();
            // There is no receiver once the driver is closed.
            let answered = move |result| reply.send(StoreReply::Answered(result)).unwrap_or_default();
            self.reader.query(query, Box::new(answered));
        }
        let now = self.clock.mono();
        if self.frontier.is_flush_due() || now.since(self.flushed) >= self.commit_interval {
            self.flushed = now;
            if let Some(number) = self.frontier.flush() {
                self.frontier.cut(number);
                self.frontier.flushed(number, Vec::new());
            }
        }
        if let Some(commit) = self.frontier.commit(self.now) {
            let (number, reply) = (commit.number, self.reply.clone());
            let committed = move |result| reply.send(StoreReply::Committed(number, result)).unwrap_or_default();
            self.writer.commit(Arc::new(commit), Box::new(committed));
        }
        self.log_progress(now);
        Ok(())
    }

    fn handle(&mut self, reply: StoreReply) -> Result<()> {
        match reply {
            StoreReply::Answered(result) => self.frontier.apply_result(result?, self.now)?,
            StoreReply::Committed(number, result) => {
                result?;
                self.commits += 1;
                self.frontier.committed(number, self.now);
            }
        }
        Ok(())
    }

    /// Advances virtual time to the next event. If there is none, waits for the store.
    fn pass_time(&mut self, may_lease: bool) -> Result<()> {
        // A host that is due already waits for the store, not for time.
        let due = self.frontier.next_due().filter(|at| may_lease && *at > self.now.mono);
        let Some(at) = self.ends.front().copied().into_iter().chain(due).min() else { return self.wait_for_store() };
        // Both clocks advance by whole milliseconds, the unit of the wall clock.
        let pause = at.since(self.now.mono).as_nanos().div_ceil(1_000_000);
        let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(u64::MAX));
        self.now = Now { mono: self.now.mono + pause, wall: self.now.wall + pause };
        Ok(())
    }

    fn wait_for_store(&mut self) -> Result<()> {
        match self.replies.recv_timeout(self.commit_interval.max(Duration::from_millis(1))) {
            Ok(reply) => return self.handle(reply),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        match self.exits.try_recv() {
            Ok(ThreadExit(cause)) => Err(Error::Pipeline(cause)),
            Err(_) => Ok(()),
        }
    }

    fn log_progress(&mut self, now: Mono) {
        if now.since(self.logged) < PROGRESS_INTERVAL {
            return;
        }
        self.logged = now;
        let balance = self.frontier.balance();
        let hosts = self.frontier.host_counts().known;
        log::info!(urls = balance.admitted, queued = balance.queued, done = balance.done, hosts, commits = self.commits,
            memory = format!("{} MiB", peak_memory() >> 20); "bench progress");
    }
}

fn web_ended() -> Error {
    Error::Pipeline("the synthetic web ended".to_owned())
}
