//! A page whose handler kills the process. After three more starts all other pages are done.

use std::{
    collections::BTreeSet,
    process::{Command, Output},
};

use crate::{
    process::{examples, records},
    site::Site,
};

const PAGES: usize = 99;

#[test]
fn a_page_that_kills_the_process_twice_is_rejected() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let config = format!(
        "[crawl]\nseeds = [\"{}\"]\n[politeness]\ndelay = 0\nhost_concurrency = 16\n[store]\npath = \"state\"\n\
         [[sink]]\ntype = \"jsonl\"\npath = \"out.jsonl\"\n",
        site.url(&format!("/links?n={PAGES}&to=/page/"))
    );
    std::fs::write(folder.path().join("crawl.toml"), config).unwrap();
    let start = || -> Output {
        let mut command = Command::new(examples().join("aborts"));
        command.args(["crawl.toml", "/page/42"]).current_dir(folder.path()).output().unwrap()
    };

    let ends: Vec<_> = (0..3).map(|_| start()).collect();
    let codes: Vec<_> = ends.iter().map(|end| end.status.code()).collect();
    let output = String::from_utf8_lossy(&ends[2].stdout) + String::from_utf8_lossy(&ends[2].stderr);
    assert_eq!(codes, [None, None, Some(0)], "{output}");
    assert!(output.contains("rejected/poison: 1"), "{output}");

    let records = records(folder.path());
    let urls: BTreeSet<_> = records.iter().map(|record| record["url"].as_str().unwrap()).collect();
    assert_eq!((records.len(), urls.len()), (PAGES, PAGES), "the seed and every page but one");
    assert!(urls.iter().all(|url| !url.ends_with("/page/42")));
}
