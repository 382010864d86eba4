//! What a site remembers: every request, and how many it answered at the same time.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use super::request::Request;

/// One request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) arrived: Instant,
    /// Which connection it came on, counted from 0.
    pub(crate) connection: usize,
    /// The request target as written: path and query, or the whole URL at a proxy.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Visit {
    /// The first header of this lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// Shared by a site's connections and its test.
#[derive(Clone, Debug, Default)]
pub(super) struct Diary(Arc<Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    visits: Vec<Visit>,
    now: usize,
    most: usize,
    /// How often each target was asked for.
    asked: BTreeMap<String, u32>,
}

impl Diary {
    /// Notes a request; it counts as being answered until the result is dropped.
    pub(super) fn enter(&self, connection: usize, request: &Request) -> Answering {
        let arrived = Instant::now();
        let mut pages = self.lock();
        pages.now += 1;
        pages.most = pages.most.max(pages.now);
        let times = pages.asked.entry(request.target.clone()).or_default();
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
    diary: Diary,
    /// Which request for this target it is, from 1.
    pub(super) nth: u32,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.diary.lock().now -= 1;
    }
}
