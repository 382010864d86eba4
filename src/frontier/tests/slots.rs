//! Which hosts get the fetch slots while others hang.

use std::time::Duration;

use super::{
    contention::{Reply, crawl, last, pages},
    harness::{Harness, at, config},
};
use crate::{
    frontier::{
        assignment::{Assignment, LeaseKind},
        politeness::Obedience,
    },
    outcome::Outcome,
};

/// The milliseconds that 20 good hosts of 100 pages take with 100 slots, among hosts that answer only their robots.txt.
fn time_among(bad: &[&str], bad_reply: fn(&Assignment) -> Reply) -> u64 {
    let mut config = config();
    config.politeness.robots = Obedience::Obey;
    config.politeness.delay = Duration::from_millis(100);
    config.slots = 100;
    let mut harness = Harness::new(config);
    let hosts = bad.iter().flat_map(|host| pages(host, if host.starts_with("good") { 100 } else { 5 }));
    harness.frontier.submit(hosts.collect(), at(0));
    let mut left = 20 * 100;
    let hits = crawl(&mut harness, 100, 60_000, |assignment, _| {
        let is_good = assignment.request.url().host_str().unwrap().starts_with("good");
        match assignment.lease_id.kind {
            LeaseKind::Page if !is_good => bad_reply(assignment),
            LeaseKind::Page => {
                left -= 1;
                Reply { after: 20, status: Some(200) }
            }
            LeaseKind::Robots | LeaseKind::Address => Reply { after: 20, status: Some(200) },
        }
    });
    assert_eq!(left, 0, "the good hosts are done");
    last(&hits, |host| host.starts_with("good"))
}

#[test]
fn hosts_that_hang_at_their_pages_do_not_slow_the_others() {
    let names = |kind: &str, count: usize| (0..count).map(|number| format!("{kind}{number}")).collect::<Vec<_>>();
    let (good, bad) = (names("good", 20), names("bad", 200));
    let mixed: Vec<_> = good.iter().zip(bad.chunks(10)).flat_map(|(good, bad)| bad.iter().chain([good])).collect();
    let orders: [Vec<&str>; 3] = [
        good.iter().chain(&bad).map(String::as_str).collect(),
        bad.iter().chain(&good).map(String::as_str).collect(),
        mixed.into_iter().map(String::as_str).collect(),
    ];
    let alone = time_among(&good.iter().map(String::as_str).collect::<Vec<_>>(), |_| unreachable!("only good hosts"));
    let hang: fn(&Assignment) -> Reply = |_| Reply { after: 20_000, status: None };
    // A trickle ends with the total timeout.
    let trickle: fn(&Assignment) -> Reply = |_| Reply { after: 60_000, status: None };
    let reset: fn(&Assignment) -> Reply = |_| Reply { after: 5, status: None };
    for (name, reply) in [("hang", hang), ("trickle", trickle), ("reset", reset)] {
        for order in &orders {
            let time = time_among(order, reply);
            assert!(time * 10 <= alone * 13, "{name}, {} first: {time} ms, alone {alone} ms", order[0]);
        }
    }
}

#[test]
fn only_as_many_leases_are_revoked_as_hosts_wait() {
    let mut config = config();
    config.slots = 8;
    let mut harness = Harness::new(config);
    harness.submit(["http://good.example/"]);
    let good = harness.next_lease(at(0)).unwrap();
    harness.settle(&good, Outcome::Done, at(0));
    harness.frontier.submit((0..8).flat_map(|number| pages(&format!("bad{number}"), 1)).collect(), at(0));
    let leases = harness.leases(at(0));
    assert_eq!(leases.len(), 6, "three quarters of the slots");
    let serials: Vec<_> = leases.iter().map(|assignment| assignment.lease_id.serial).collect();
    assert!(harness.frontier.revoke(2, at(500)).is_empty(), "none is stalled");
    harness.frontier.stalled(&serials);
    assert_eq!(harness.frontier.revoke(2, at(1_000)), serials[..2]);
    assert!(harness.frontier.revoke(2, at(1_001)).is_empty(), "two hosts wait, and two leases are being revoked");
    for assignment in &leases[..2] {
        harness.settle(assignment, Outcome::Revoked, at(1_002));
    }
    assert_eq!(harness.leases(at(1_002)).len(), 2);
    // Both waiting hosts have a lease, so the other leases go on.
    assert!(harness.frontier.revoke(2, at(1_003)).is_empty());
}

/// A host whose first page is slow is fetched again, with the full timeouts, and then counts as responsive.
#[test]
fn a_slow_host_is_fetched_although_its_first_lease_is_revoked() {
    let mut config = config();
    config.slots = 4;
    config.retry.times = 0;
    let mut harness = Harness::new(config);
    let hosts = (0..40).flat_map(|number| pages(&format!("slow{number}"), 3));
    harness.frontier.submit(pages("good", 1).into_iter().chain(hosts).collect(), at(0));
    let hits = crawl(&mut harness, 4, 600_000, |_, _| Reply { after: 3_000, status: Some(200) });
    let revoked = harness.frontier.stats().get("scheduler/revoked");
    assert_eq!(harness.frontier.balance().done, 121, "{}", harness.frontier.balance());
    assert!((1..=41).contains(&revoked), "{revoked}");
    assert_eq!(hits.len() as u64, 121 + revoked, "each revoked lease is repeated once");
}
