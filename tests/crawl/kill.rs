//! A crawl that is killed again and again, at any time: at work, at start-up, and while it recovers. In the end every page
//! stands in the output once.

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

/// Pages beside the seed; each takes so many milliseconds, and four are asked for at a time.
const PAGES: usize = 150;
const PAUSE: u64 = 40;
const AT_A_TIME: usize = 4;

/// Times that the crawl is ended from outside before it is left alone.
const KILLS: usize = 12;

/// Pages of one commit interval (`store.commit_interval`).
const INTERVAL: usize = AT_A_TIME * 200 / PAUSE as usize;

/// How a life of the crawler ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    Kill,
    /// Stopped by the system for a while, then killed.
    Stop,
    /// Asked to end, and left to do it.
    Term,
    /// Asked twice.
    Interrupt,
}

impl Death {
    fn any(luck: &mut fastrand::Rng) -> Self {
        match luck.u8(..8) {
            0 => Self::Stop,
            1 => Self::Term,
            2 => Self::Interrupt,
            _ => Self::Kill,
        }
    }

    fn come_to(self, crawler: Child) {
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

/// Whether the crawler is still there when its time has come: a third of the lives end at start-up or while they recover,
/// the others some time after they have asked for a page.
fn lives_on(crawler: &mut Child, luck: &mut fastrand::Rng, is_at_work: impl Fn() -> bool) -> bool {
    let is_early = luck.u8(..3) == 0;
    let time = Duration::from_millis(luck.u64(..if is_early { 100 } else { 250 }));
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

/// Every page once.
fn check(folder: &Path) {
    let records = records(folder);
    let distinct = |field: &str| records.iter().map(|record| record[field].to_string()).collect::<BTreeSet<_>>().len();
    assert_eq!((records.len(), distinct("url")), (PAGES + 1, PAGES + 1), "{}", log(folder));
}

#[test]
fn a_crawl_survives_its_kills() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut luck = fastrand::Rng::with_seed(5);
    let (mut kills, mut at_work) = (0, 0);
    while kills < KILLS {
        let before = site.page_arrivals().len();
        let mut crawler = start(&site, folder.path());
        if !lives_on(&mut crawler, &mut luck, || site.page_arrivals().len() > before) {
            let code = end_of(crawler).code();
            assert_eq!(code, Some(0), "{}", log(folder.path()));
            break;
        }
        Death::any(&mut luck).come_to(crawler);
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
