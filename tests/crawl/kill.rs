//! A crawl that is killed repeatedly: while it works, while it starts, and while it recovers. In the end the output
//! contains every page once.

use std::{
    collections::BTreeSet,
    path::Path,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{crawl, end_of, log, records, signal},
    site::Site,
};

/// Number of pages besides the seed, milliseconds per page, and number of concurrent requests.
const PAGES: usize = 150;
const PAUSE: u64 = 40;
const AT_A_TIME: usize = 4;

/// Number of kills before the crawl may finish.
const KILLS: usize = 12;

/// Number of pages per commit interval (`store.commit_interval`).
const INTERVAL: usize = AT_A_TIME * 200 / PAUSE as usize;

/// How a crawler process is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    Kill,
    /// SIGSTOP, a pause, and then SIGKILL.
    Stop,
    /// SIGTERM; the process ends by itself.
    Term,
    /// SIGINT twice.
    Interrupt,
}

impl Death {
    fn any(random: &mut fastrand::Rng) -> Self {
        match random.u8(..8) {
            0 => Self::Stop,
            1 => Self::Term,
            2 => Self::Interrupt,
            _ => Self::Kill,
        }
    }

    fn end(self, crawler: Child) {
        let pause = || thread::sleep(Duration::from_millis(30));
        match self {
            Self::Kill => drop(signal(&crawler, "KILL")),
            Self::Stop => {
                signal(&crawler, "STOP");
                pause();
                signal(&crawler, "KILL");
            }
            Self::Term => drop(signal(&crawler, "TERM")),
            Self::Interrupt => {
                signal(&crawler, "INT");
                pause();
                signal(&crawler, "INT");
            }
        }
        end_of(crawler);
    }
}

/// Waits for a random time and returns true if the crawler is still running. A third of the processes are ended while they
/// start or recover, the others some time after their first request.
fn is_alive_after_random_time(crawler: &mut Child, random: &mut fastrand::Rng, is_at_work: impl Fn() -> bool) -> bool {
    let is_early = random.u8(..3) == 0;
    let time = Duration::from_millis(random.u64(..if is_early { 100 } else { 250 }));
    let mut began = is_early.then(Instant::now);
    loop {
        if crawler.try_wait().unwrap().is_some() {
            return false;
        }
        if began.is_some_and(|began| began.elapsed() >= time) {
            return true;
        }
        if began.is_none() && is_at_work() {
            began = Some(Instant::now());
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn start(site: &Site, folder: &Path) -> Child {
    let path = format!("/links?n={PAGES}&to=/slow%3Fms={PAUSE}%26page=");
    crawl(site, &path, folder, &["--state", "state"])
}

/// Checks that every page is in the output once.
fn check(folder: &Path) {
    let records = records(folder);
    let distinct = |field: &str| records.iter().map(|record| record[field].to_string()).collect::<BTreeSet<_>>().len();
    assert_eq!((records.len(), distinct("url")), (PAGES + 1, PAGES + 1), "{}", log(folder));
}

#[test]
fn a_crawl_survives_kills() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut random = fastrand::Rng::with_seed(5);
    let (mut kills, mut at_work) = (0, 0);
    while kills < KILLS {
        let before = site.page_arrivals().len();
        let mut crawler = start(&site, folder.path());
        if !is_alive_after_random_time(&mut crawler, &mut random, || site.page_arrivals().len() > before) {
            let code = end_of(crawler).code();
            assert_eq!(code, Some(0), "{}", log(folder.path()));
            break;
        }
        Death::any(&mut random).end(crawler);
        kills += 1;
        at_work += usize::from(site.page_arrivals().len() > before);
    }
    assert_eq!(end_of(start(&site, folder.path())).code(), Some(0), "{}", log(folder.path()));
    check(folder.path());
    println!("{kills} kills, {at_work} of them at work");
    let again = site.page_arrivals().len() - (PAGES + 1);
    assert!(
        at_work >= KILLS / 2 && again <= kills * (AT_A_TIME + INTERVAL),
        "{at_work} at work, {again} fetched again"
    );
}
