//! The frontier on virtual time against a synthetic web with huge, slow, busy, failing and forbidding hosts. No URL is lost,
//! no host is asked too soon, none waits for another, and memory stays within its bounds.

mod web;
mod world;

use std::{collections::HashMap, time::Duration};

use super::harness;
use crate::frontier::{config::Config, politeness::Obedience};

use web::{Behaviour, Web};
use world::World;

/// Longer than any crawl here takes.
const FOREVER: Duration = Duration::from_secs(1 << 32);

fn config() -> Config {
    let mut config = harness::config();
    config.politeness.robots = Obedience::Obey;
    config
}

/// Crawls a whole web with this number of kills, and checks its pages; `hosts` is the maximum number of active hosts.
fn crawl(web: Web, kills: u64, hosts: usize) {
    let mut config = config();
    config.store.hosts = hosts;
    let mut world = World::new(web, config, 4096);
    for kill in 1..=kills {
        assert!(world.run_process(Duration::from_secs(97 * kill)).is_none(), "it finished before kill {kill}");
    }
    let frontier = world.run_process(FOREVER).expect("it finishes");
    let mut times: HashMap<_, usize> = HashMap::new();
    world.pages.iter().for_each(|page| *times.entry(*page).or_default() += 1);
    for host in 0..web.hosts {
        let pages = match Web::behaviour(host) {
            Behaviour::Plain | Behaviour::Slow | Behaviour::Busy => web.size(host),
            Behaviour::Failing | Behaviour::Private => 0,
        };
        let wrong = (0..pages).filter(|page| times.get(&(host, *page)) != Some(&1)).count();
        assert_eq!(wrong, 0, "pages of host {host}, {:?}, not fetched exactly once", Web::behaviour(host));
    }
    let balance = frontier.balance();
    assert_eq!(balance.done, world.pages.len() as u64);
    assert_eq!(balance.queued + balance.leased + balance.asked, 0, "{balance}");
    // A host that never answers is parked with the rest of its URLs. A host that forbids everything has none left.
    assert!(frontier.parked().all(|(root, ..)| is_failing(root)), "a host that answers is parked");
    println!("{} pages in {} s of virtual time: {balance}", world.pages.len(), world.now.mono.0 / 1_000_000_000);
}

fn is_failing(root: &str) -> bool {
    let number = root.trim_start_matches("http://h").trim_end_matches(".example/");
    Web::behaviour(number.parse().unwrap()) == Behaviour::Failing
}

#[test]
fn a_hundred_thousand_pages_are_fetched_once_and_politely() {
    crawl(Web { hosts: 4_000, pages: 100_000 }, 3, 65_536);
}

#[test]
fn hosts_above_the_limit_are_inactive() {
    crawl(Web { hosts: 1_000, pages: 20_000 }, 3, 64);
}

#[test]
#[ignore = "for release builds: takes minutes otherwise"]
fn a_million_pages_are_fetched_once_and_politely() {
    crawl(Web { hosts: 40_000, pages: 1_000_000 }, 3, 10_000);
}

#[test]
fn no_host_waits_for_a_slow_or_huge_one() {
    let web = Web { hosts: 64, pages: 6_400 };
    let mut world = World::new(web, config(), 4096);
    world.run_process(FOREVER).expect("it finishes");
    let pages = web.size(1) as u64;
    for host in (0..web.hosts).filter(|host| *host > 0 && Web::behaviour(*host) == Behaviour::Plain) {
        // One page per delay with its jitter. A lost page is requested again after a pause.
        let seconds = world.last(host).0 / 1_000_000_000;
        assert!(seconds < 2 * pages + 60, "host {host} took {seconds} s for {pages} pages");
    }
}

#[test]
fn scarce_slots_are_shared_fairly() {
    let mut config = config();
    config.politeness.delay = Duration::ZERO;
    let web = Web { hosts: 201, pages: 500_000 };
    let mut world = World::new(web, config, 20);
    assert!(world.run_process(Duration::from_secs(300)).is_none());
    let plain = world.served().enumerate().filter(|(host, _)| Web::behaviour(*host) == Behaviour::Plain);
    let counts: Vec<_> = plain.map(|(_, served)| served).collect();
    let (min, max) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*min > 10 && max - min <= max / 2, "between {min} and {max} requests each");
}
