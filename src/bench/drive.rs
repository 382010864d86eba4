//! Does with a frontier what the Scheduler does, on virtual time; the store, and how often it is committed to, take the
//! time they take.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    usage::{Sample, peak_memory},
    web::{LATENCY, Links, Loans, Web, WebThread},
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

/// How often the log says how far it is.
const TELL: Duration = Duration::from_secs(10);

/// How long the store's threads may take to close it: that waits for compactions.
const PATIENCE: Duration = Duration::from_secs(120);

/// When a phase is over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    /// When so many URLs are in.
    Admitted(u64),
    /// When so many have ended.
    Ended(u64),
}

/// What the store says.
enum StoreReply {
    Answered(Result<QueryResult, StoreError>),
    Committed(u64, Result<Receipt, StoreError>),
}

/// A frontier and everything around it.
pub(super) struct Driver {
    frontier: Frontier,
    slots: usize,
    commit_interval: Duration,
    reader: ReaderHandle,
    writer: WriterHandle,
    threads: StoreThreads,
    deaths: UnboundedReceiver<ThreadExit>,
    reply: Sender<StoreReply>,
    replies: Receiver<StoreReply>,
    web: WebThread,
    web_cpu: Duration,
    /// When each lease that is out comes home, in order; as many as `slots`.
    homes: VecDeque<Mono>,
    /// What the web has answered, in the same order.
    answered: VecDeque<Settlement>,
    clock: Clock,
    /// Virtual time.
    now: Now,
    /// Of the machine's time.
    flushed: Mono,
    told: Mono,
    asked: u64,
    leases: u64,
    commits: u64,
}

impl Driver {
    pub(super) fn new(
        config: &Config,
        frontier: Frontier,
        (reader, writer, threads): (ReaderHandle, WriterHandle, StoreThreads),
        deaths: UnboundedReceiver<ThreadExit>,
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
            deaths,
            reply,
            replies,
            web,
            web_cpu: Duration::ZERO,
            homes: VecDeque::new(),
            answered: VecDeque::new(),
            clock,
            now,
            flushed: clock.mono(),
            told: clock.mono(),
            asked: 0,
            leases: 0,
            commits: 0,
        }
    }

    /// Takes in where the web begins.
    pub(super) fn seed(&mut self) {
        self.frontier.submit(std::mem::take(&mut self.web.seeds), self.now);
    }

    /// Goes on until the goal is reached, or nothing is left, and all of it is committed.
    pub(super) fn run(&mut self, goal: Goal, links: Links) -> Result<()> {
        while !self.has_reached(goal) && !self.frontier.is_exhausted() {
            self.come_home()?;
            self.lend(links)?;
            self.work()?;
            self.pass_time(self.has_room())?;
        }
        while !(self.homes.is_empty() && self.frontier.is_committed()) {
            self.come_home()?;
            self.work()?;
            self.pass_time(false)?;
        }
        Ok(())
    }

    /// Goes on until something is lent, or nothing is left. Says which.
    pub(super) fn first_lease(&mut self) -> Result<bool> {
        while self.leases == 0 && !self.frontier.is_exhausted() {
            self.lend(Links::None)?;
            self.work()?;
            self.pass_time(true)?;
        }
        Ok(self.leases > 0)
    }

    /// How things stand.
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

    /// Ends all threads. What is out is lost, as in a crash. Says what time it is, and gives the web back.
    pub(super) fn close(self) -> Result<(Now, Web)> {
        let Self { reader, writer, threads, web, now, .. } = self;
        drop((reader, writer));
        if !threads.join(PATIENCE) {
            return Err(Error::Pipeline("the store did not end".to_owned()));
        }
        drop(web.loans);
        let web = web.thread.join().map_err(|_| Error::Pipeline("the synthetic web panicked".to_owned()))?;
        Ok((now, web))
    }

    fn has_reached(&self, goal: Goal) -> bool {
        match goal {
            Goal::Admitted(urls) => self.frontier.balance().admitted >= urls,
            Goal::Ended(urls) => self.frontier.balance().ended() + self.homes.len() as u64 >= urls,
        }
    }

    fn has_room(&self) -> bool {
        self.homes.len() < self.slots && !self.frontier.is_paused()
    }

    fn lend(&mut self, links: Links) -> Result<()> {
        let mut loans = Vec::new();
        while self.has_room() {
            let Some(assignment) = self.frontier.lend(self.now) else { break };
            self.homes.push_back(self.now.mono + LATENCY);
            self.leases += 1;
            loans.push(assignment);
        }
        if loans.is_empty() {
            return Ok(());
        }
        self.web.loans.send(Loans { loans, started: self.now.mono, links }).map_err(|_| web_is_gone())
    }

    /// Settles what has come home by now.
    fn come_home(&mut self) -> Result<()> {
        while self.homes.front().is_some_and(|at| *at <= self.now.mono) {
            while self.answered.is_empty() {
                let answers = self.web.answers.recv().map_err(|_| web_is_gone())?;
                self.web_cpu = answers.cpu;
                self.answered.extend(answers.settlements);
            }
            self.homes.pop_front();
            if let Some(settlement) = self.answered.pop_front() {
                self.frontier.settle(settlement, self.now);
            }
        }
        Ok(())
    }

    /// Takes what the store has said, and tells it what has become possible.
    fn work(&mut self) -> Result<()> {
        while let Ok(reply) = self.replies.try_recv() {
            self.take(reply)?;
        }
        if let Some(ask) = self.frontier.query(self.now) {
            self.asked += ask.seen.len() as u64;
            let reply = self.reply.clone();
            // Whoever is gone wants no answer.
            self.reader
                .query(ask, Box::new(move |answer| reply.send(StoreReply::Answered(answer)).unwrap_or_default()));
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
        self.tell(now);
        Ok(())
    }

    fn take(&mut self, reply: StoreReply) -> Result<()> {
        match reply {
            StoreReply::Answered(answer) => self.frontier.answer(answer?, self.now)?,
            StoreReply::Committed(number, result) => {
                result?;
                self.commits += 1;
                self.frontier.committed(number, self.now);
            }
        }
        Ok(())
    }

    /// Lets virtual time pass until something happens in it; if nothing will, waits for the store.
    fn pass_time(&mut self, may_lend: bool) -> Result<()> {
        // What is due already waits for the store.
        let due = self.frontier.next_due().filter(|at| may_lend && *at > self.now.mono);
        let Some(at) = self.homes.front().copied().into_iter().chain(due).min() else { return self.wait() };
        // The wall clock counts milliseconds; both show the same.
        let pause = at.since(self.now.mono).as_nanos().div_ceil(1_000_000);
        let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(u64::MAX));
        self.now = Now { mono: self.now.mono + pause, wall: self.now.wall + pause };
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        match self.replies.recv_timeout(self.commit_interval.max(Duration::from_millis(1))) {
            Ok(reply) => return self.take(reply),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        match self.deaths.try_recv() {
            Ok(ThreadExit(cause)) => Err(Error::Pipeline(cause)),
            Err(_) => Ok(()),
        }
    }

    fn tell(&mut self, now: Mono) {
        if now.since(self.told) < TELL {
            return;
        }
        self.told = now;
        let balance = self.frontier.balance();
        let hosts = self.frontier.host_counts().known;
        log::info!(urls = balance.admitted, queued = balance.queued, done = balance.done, hosts, commits = self.commits,
            memory = format!("{} MiB", peak_memory() >> 20); "bench goes on");
    }
}

fn web_is_gone() -> Error {
    Error::Pipeline("the synthetic web ended".to_owned())
}
