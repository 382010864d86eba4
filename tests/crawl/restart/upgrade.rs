//! A state of format 2, written by the version before format 3, is continued and upgraded.
//!
//! `format_2.tar.gz` has a crawl of `http://old.example/0` after 20 pages, 20 more queued, and one that robots.txt forbids.
//! Page N links to 2N+1 and 2N+2, if these are below 60. It was made with `fetcher.validators = "1 MiB"` and a proxy.

use std::{fs, io::Read, path::Path};

use super::{check, graph::Graph, graph::Proxy, log, pages, run};

const STATE: &[u8] = include_bytes!("format_2.tar.gz");

/// Unpacks the state into a folder.
fn unpack(folder: &Path) {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(STATE).read_to_end(&mut tar).unwrap();
    let mut rest = &tar[..];
    while rest[0] != 0 {
        let (head, body) = rest.split_at(512);
        let text = |range| String::from_utf8_lossy(&head[range]).trim_end_matches('\0').to_owned();
        let (name, size) = (text(0..100), usize::from_str_radix(&text(124..135), 8).unwrap());
        match head[156] {
            b'5' => fs::create_dir_all(folder.join(name)).unwrap(),
            _ => fs::write(folder.join(name), &body[..size]).unwrap(),
        }
        rest = &body[size.next_multiple_of(512)..];
    }
}

fn graph() -> Graph {
    let page = |page: usize| {
        let links = [2 * page + 1, 2 * page + 2].into_iter().filter(|link| *link < 60);
        (format!("old.example/{page}"), links.map(|link| format!("/{link} ")).collect::<String>())
    };
    let pages: Vec<_> = (0..60).map(page).collect();
    Graph::new(&pages.iter().map(|(page, links)| (page.as_str(), links.as_str())).collect::<Vec<_>>())
}

#[test]
fn a_state_of_format_2_is_continued_exactly() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    check(folder.path());
    let before = pages(folder.path());
    assert_eq!(before.len(), 20);
    let identity = || fs::read_to_string(folder.path().join("state/identity")).unwrap();
    assert!(identity().starts_with("lycosa state 2\n"));

    let proxy = Proxy::start(graph());
    let code = run(folder.path(), &proxy, "http://old.example/0");
    assert_eq!(code, 0, "{}", log(folder.path()));
    assert!(proxy.take_requests().iter().all(|url| !before.contains(url)), "a known page was fetched again");
    // Pages 5 and 50 to 59 are forbidden by the stored copy of robots.txt, and 11, 12, 23 .. are only linked from 5.
    let after = pages(folder.path());
    assert!(before.is_subset(&after) && after.len() > 35, "{}: {after:?}", after.len());
    assert!(after.iter().all(|url| !url.starts_with("old.example/5")), "{after:?}");
    assert!(identity().starts_with("lycosa state 3\n"));
    check(folder.path());
}

#[test]
fn damage_in_a_state_of_format_2_is_not_a_default() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let identity = folder.path().join("state/identity");
    let text = fs::read_to_string(&identity).unwrap();
    fs::write(&identity, text.replacen("state 2", "state 3", 1)).unwrap();
    let proxy = Proxy::start(graph());
    assert_eq!(run(folder.path(), &proxy, "http://old.example/0"), 5, "{}", log(folder.path()));
}
