//! The whole frontier on virtual time: a synthetic web with huge, slow, busy, failing and forbidding hosts; nothing is
//! lost, no host is asked too soon, none waits for another, and memory stays within its bounds.

pub(crate) mod web;
pub(crate) mod world;

use std::{collections::HashMap, time::Duration};

use super::config as usual;
use crate::frontier::{
    config::Config,
    politeness,
    scope::{Scope, ScopeKind},
};

use web::{Kind, Web};
use world::World;

/// Longer than any crawl here takes.
const FOREVER: Duration = Duration::from_secs(1 << 32);

fn scope() -> Scope {
    Scope::new(crate::frontier::scope::Config { kind: ScopeKind::Any, ..Default::default() }).unwrap()
}

fn config() -> Config {
    let politeness = politeness::Config { robots: politeness::Obedience::Obey, ..usual().politeness };
    Config { politeness, hot_set: 1 << 16, ..usual() }
}

/// Crawls a whole web with so many kills, and counts; at most so many hosts are in memory.
fn crawl(web: Web, kills: u64, hosts: usize) {
    let mut config = config();
    config.store.hosts = hosts;
    let mut world = World::new(web, config, 4096);
    for kill in 1..=kills {
        assert!(world.live(Duration::from_secs(97 * kill)).is_none(), "it was over before kill {kill}");
    }
    let frontier = world.live(FOREVER).expect("it ends");
    let mut times: HashMap<_, usize> = HashMap::new();
    world.pages.iter().for_each(|page| *times.entry(*page).or_default() += 1);
    for host in 0..web.hosts {
        let all = match Web::kind(host) {
            Kind::Plain | Kind::Slow | Kind::Busy => web.size(host),
            Kind::Failing | Kind::Private => 0,
        };
        let missing = (0..all).filter(|page| times.get(&(host, *page)) != Some(&1)).count();
        assert_eq!(missing, 0, "pages of host {host}, {:?}, did not come exactly once", Web::kind(host));
    }
    let balance = frontier.balance();
    assert_eq!(balance.done, world.pages.len() as u64);
    assert_eq!(balance.queued + balance.leased + balance.asked, 0, "{balance}");
    // Whoever never answers is parked with what is left of its URLs; whoever forbids everything has none.
    assert!(frontier.parked().all(|(root, ..)| is_failing(root)), "a host that answers is parked");
    println!("{} pages in {} s of virtual time: {balance}", world.pages.len(), world.now.mono.0 / 1_000_000_000);
}

fn is_failing(root: &str) -> bool {
    let number = root.trim_start_matches("http://h").trim_end_matches(".example/");
    Web::kind(number.parse().unwrap()) == Kind::Failing
}

#[test]
fn a_hundred_thousand_pages_come_once_each_politely() {
    crawl(Web { hosts: 4_000, pages: 100_000 }, 3, 65_536);
}

#[test]
fn hosts_beyond_the_limit_rest_in_the_store() {
    crawl(Web { hosts: 1_000, pages: 20_000 }, 3, 64);
}

#[test]
#[ignore = "for release builds: takes minutes otherwise"]
fn a_million_pages_come_once_each_politely() {
    crawl(Web { hosts: 40_000, pages: 1_000_000 }, 3, 10_000);
}

#[test]
fn no_host_waits_for_a_slow_or_huge_one() {
    let web = Web { hosts: 64, pages: 6_400 };
    let mut world = World::new(web, config(), 4096);
    world.live(FOREVER).expect("it ends");
    let pages = web.size(1) as u64;
    for host in (0..web.hosts).filter(|host| *host > 0 && Web::kind(*host) == Kind::Plain) {
        // One page per delay and its jitter; what is lost is asked again, after a pause.
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
    assert!(world.live(Duration::from_secs(300)).is_none());
    let plain = world.served().enumerate().filter(|(host, _)| Web::kind(*host) == Kind::Plain);
    let counts: Vec<_> = plain.map(|(_, served)| served).collect();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*least > 10 && most - least <= most / 2, "between {least} and {most} requests each");
}
