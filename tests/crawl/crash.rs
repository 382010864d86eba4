//! A model of crashes: the crawler is stopped at random times, and its files are copied. In each copy the output is cut to
//! a random length, but not below the committed one. The original and each copy must resume without gap or repetition.

use std::{collections::BTreeSet, fs, path::Path, thread, time::Duration};

use crate::{
    damage::{copy, state},
    process::{crawl, end_of, log, records, signal},
    site::Site,
};

const PAGES: usize = 120;

/// Number of copies made of one crawl. `tests/run crash` makes more.
const CRASHES: usize = 6;

fn check(folder: &Path, what: &str) {
    let records = records(folder);
    let urls: BTreeSet<_> = records.iter().map(|record| record["url"].as_str().unwrap()).collect();
    assert_eq!((records.len(), urls.len()), (PAGES + 1, PAGES + 1), "{what}: {}", log(folder));
}

/// Returns the committed length of the output.
fn committed(folder: &Path) -> u64 {
    let (code, output) = state(folder, &["ls", "state"]);
    assert_eq!(code, Some(0), "{output}");
    let line = output.lines().find_map(|line| line.strip_prefix("output: out.jsonl, "));
    line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or_default()
}

#[test]
fn a_crawl_resumes_from_every_instant() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut random = fastrand::Rng::with_seed(11);
    let path = format!("/links?n={PAGES}&to=/slow%3Fms=40%26page=");
    let start = |folder: &Path| crawl(&site, &path, folder, &["--state", "state"]);

    let crawler = start(folder.path());
    let mut copies = Vec::new();
    while copies.len() < CRASHES {
        thread::sleep(Duration::from_millis(random.u64(50..200)));
        if !signal(&crawler, "STOP") {
            break;
        }
        let instant = tempfile::tempdir().unwrap();
        if folder.path().join("state/identity").exists() && folder.path().join("out.jsonl").exists() {
            copy(folder.path(), instant.path());
            copies.push(instant);
        }
        signal(&crawler, "CONT");
    }
    assert_eq!(end_of(crawler).code(), Some(0), "{}", log(folder.path()));
    check(folder.path(), "the original");

    for (index, instant) in copies.iter().enumerate() {
        let output = instant.path().join("out.jsonl");
        let (least, most) = (committed(instant.path()), fs::metadata(&output).unwrap().len());
        let file = fs::OpenOptions::new().write(true).open(&output).unwrap();
        file.set_len(random.u64(least..=most)).unwrap();
        assert_eq!(end_of(start(instant.path())).code(), Some(0), "copy {index}: {}", log(instant.path()));
        check(instant.path(), &format!("copy {index}"));
        assert_eq!(state(instant.path(), &["check", "state"]).0, Some(0), "copy {index}");
    }
    assert!(copies.len() >= 2, "the crawl ended before two copies were made");
}
