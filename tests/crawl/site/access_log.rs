//! Records every request, and how many were answered at the same time.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use super::request::Request;

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) arrived: Instant,
    /// Number of its connection, starting at 0.
    pub(crate) connection: usize,
    /// Request target as written: path and query, or the whole URL at a proxy.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Visit {
    /// Returns the first field with this lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// Log shared by the connections of a site and its test.
#[derive(Clone, Debug, Default)]
pub(super) struct AccessLog(Arc<Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    visits: Vec<Visit>,
    now: usize,
    most: usize,
    /// Number of requests by target.
    counts: BTreeMap<String, u32>,
}

impl AccessLog {
    /// Records a request. It counts as being answered until the result is dropped.
    pub(super) fn enter(&self, connection: usize, request: &Request) -> Answering {
        let arrived = Instant::now();
        let mut pages = self.lock();
        pages.now += 1;
        pages.most = pages.most.max(pages.now);
        let times = pages.counts.entry(request.target.clone()).or_default();
        *times += 1;
        let nth = *times;
        pages.visits.push(Visit {
            arrived,
            connection,
            target: request.target.clone(),
            headers: request.headers.clone(),
        });
        Answering { diary: self.clone(), nth }
    }

    pub(super) fn visits(&self) -> Vec<Visit> {
        self.lock().visits.clone()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.lock().most
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap()
    }
}

/// A request being answered.
pub(super) struct Answering {
    diary: AccessLog,
    /// Number of requests for this target so far, starting at 1.
    pub(super) nth: u32,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.diary.lock().now -= 1;
    }
}
