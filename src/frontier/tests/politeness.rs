//! When a host is asked.

use std::time::Duration;

use super::harness::{Harness, at, config, request, rules, settlement};
use crate::{
    failure::FetchError,
    frontier::{
        assignment::{FetchInfo, LeaseKind, PageFindings, Settlement},
        politeness::{
            Group, IpConcurrency, Obedience,
            host_override::{HostOverride, Time},
        },
    },
    outcome::Outcome,
    robots::RobotsAnswer,
};

#[test]
fn a_host_is_asked_once_per_delay_and_one_at_a_time() {
    let mut harness = Harness::new(config());
    harness.submit(["http://a.example/0", "http://a.example/1", "http://a.example/2"]);
    let first = harness.next_lease(at(0)).unwrap();
    assert!(harness.next_lease(at(5_000)).is_none(), "one at a time");
    harness.frontier.settle(settlement(&first, Outcome::Done, at(5_000), Vec::new()), at(5_100));
    assert!(harness.next_lease(at(5_100)).is_none(), "a second after the start");
    assert_eq!(harness.frontier.next_due(), Some(at(6_000).mono));
    assert!(harness.next_lease(at(6_000)).is_some());
}

#[test]
fn an_override_applies_to_matching_hosts() {
    let mut config = config();
    let delay = |seconds| Some(Time(Duration::from_secs(seconds)));
    config.overrides = vec![
        HostOverride { pattern: "*.A.example".into(), delay: delay(5), times: Some(0), ..HostOverride::default() },
        HostOverride { pattern: "*:81".into(), host_concurrency: Some(2), delay: delay(0), ..HostOverride::default() },
    ];
    for (host, second) in [("b.example", 1_000), ("www.a.example", 5_000), ("b.example:81", 0)] {
        let mut harness = Harness::new(config.clone());
        let seeds = [1, 2].map(|page| request(&format!("http://{host}/{page}")));
        harness.frontier.submit(seeds.into(), at(0));
        let first = harness.next_lease(at(0)).unwrap();
        assert_eq!(first.last, host == "www.a.example");
        if second > 0 {
            harness.settle(&first, Outcome::Done, at(0));
            assert!(harness.next_lease(at(second - 1)).is_none(), "{host}");
        }
        assert!(harness.next_lease(at(second)).is_some(), "{host}");
    }
}

#[test]
fn hosts_do_not_wait_for_each_other() {
    let mut harness = Harness::new(config());
    harness.submit(["http://a.example/", "http://b.example/", "http://c.example/"]);
    assert_eq!(harness.leases(at(0)).len(), 3);
}

#[test]
fn a_long_retry_after_parks_the_host_and_ends_the_crawl() {
    let mut harness = Harness::new(config());
    harness.submit(["http://a.example/", "http://a.example/2"]);
    let assignment = harness.next_lease(at(0)).unwrap();
    let mut busy = settlement(&assignment, Outcome::Retry(FetchError::Status(503)), at(0), Vec::new());
    busy.fetch_info.retry_after = Some(Duration::from_secs(3600));
    harness.frontier.settle(busy, at(0));
    harness.run_store(at(0));
    assert!(harness.frontier.is_exhausted());
    assert_eq!((harness.frontier.balance().parked, harness.frontier.parked().count()), (2, 1));
    assert!(harness.next_lease(at(3_599_000)).is_none() && harness.next_lease(at(3_601_000)).is_some());
}

#[test]
fn robots_txt_comes_first_and_is_obeyed() {
    let mut config = config();
    config.politeness.robots = Obedience::Obey;
    config.politeness.delay = Duration::ZERO;
    let mut harness = Harness::new(config);
    harness.submit(["http://a.example/no", "http://a.example/yes"]);
    let robots = harness.next_lease(at(0)).unwrap();
    assert_eq!((robots.lease_id.kind, robots.request.url().path()), (LeaseKind::Robots, "/robots.txt"));
    assert!(harness.next_lease(at(0)).is_none(), "nothing before robots.txt");
    harness.settle(&robots, rules("User-agent: *\nDisallow: /no\n"), at(1));
    assert_eq!(harness.next_lease(at(1)).unwrap().request.url().path(), "/yes");
    assert_eq!(harness.frontier.stats().get("robotstxt/forbidden"), 1);
}

/// The hops of several hosts to one host, and that host's own requests: one per delay.
#[test]
fn a_hop_of_robots_txt_waits_for_the_turn_of_its_host() {
    for hosts in [["a.example", "b.example"], ["a.c.example", "c.example:81"], ["c.example", "a.example"]] {
        let mut config = config();
        config.politeness.robots = Obedience::Obey;
        let mut harness = Harness::new(config);
        let seeds: Vec<_> = hosts.iter().chain(&["c.example"]).map(|host| format!("http://{host}/{host}")).collect();
        harness.submit(seeds.iter().map(String::as_str));
        let mut times = Vec::new();
        for millis in (0..20_000).step_by(50) {
            for assignment in harness.leases(at(millis)) {
                let url = assignment.request.url().clone();
                let target: url::Url = "http://c.example/shared.txt".parse().unwrap();
                if url.authority() == target.authority() {
                    times.push(millis);
                }
                let outcome = match assignment.lease_id.kind {
                    LeaseKind::Robots if url != target => {
                        Outcome::Redirected(assignment.request.redirected(target, false).into())
                    }
                    LeaseKind::Robots => rules(""),
                    LeaseKind::Page | LeaseKind::Address => Outcome::Done,
                };
                harness.settle(&assignment, outcome, at(millis));
            }
        }
        assert!(harness.frontier.is_exhausted(), "{hosts:?}: {}", harness.frontier.balance());
        assert!(times.len() >= 4, "{hosts:?}: {times:?}");
        assert!(times.windows(2).all(|two| two[1] - two[0] >= 1_000), "{hosts:?}: {times:?}");
    }
}

/// A server that closes every kept connection costs each URL one more request, and no attempt.
#[test]
fn a_stale_connection_waits_for_the_turn_and_costs_no_attempt_once() {
    let mut config = config();
    config.retry.times = 0;
    config.politeness.robots = Obedience::Obey;
    let mut harness = Harness::new(config);
    harness.submit(["http://a.example/once", "http://a.example/always"]);
    let (mut times, mut seen) = (Vec::new(), Vec::new());
    for millis in (0..30_000).step_by(50) {
        for assignment in harness.leases(at(millis)) {
            times.push(millis);
            let path = assignment.request.url().path().to_owned();
            let outcome = match assignment.lease_id.kind {
                _ if path == "/always" || !seen.contains(&path) => Outcome::Stale,
                LeaseKind::Robots => rules(""),
                LeaseKind::Page | LeaseKind::Address => Outcome::Done,
            };
            seen.push(path);
            harness.settle(&assignment, outcome, at(millis));
        }
    }
    let balance = harness.frontier.balance();
    assert_eq!((balance.done, balance.rejected), (1, 1), "{balance}");
    assert_eq!(times.len(), 6, "{seen:?}");
    assert!(times.windows(2).all(|two| two[1] - two[0] >= 1_000), "{times:?}");
}

#[test]
fn an_unreachable_robots_txt_parks_the_host() {
    let mut config = config();
    config.politeness.robots = Obedience::Obey;
    config.retry.times = 0;
    let mut harness = Harness::new(config);
    harness.submit(["http://a.example/"]);
    let robots = harness.next_lease(at(0)).unwrap();
    harness.settle(&robots, Outcome::Robots(RobotsAnswer::Unreachable("503".into())), at(1));
    harness.run_store(at(1));
    assert!(harness.frontier.is_exhausted() && harness.frontier.balance().parked == 1);
}

#[test]
fn hosts_at_one_address_share_its_slots() {
    let mut config = config();
    config.politeness.ip_concurrency = IpConcurrency::Limit(1);
    let mut harness = Harness::new(config);
    harness.submit(["http://127.0.0.1:1/", "http://127.0.0.1:2/", "http://127.0.0.2:1/"]);
    let leases = harness.leases(at(0));
    assert_eq!(leases.len(), 2);
    harness.settle(&leases[0], Outcome::Done, at(1));
    assert!(harness.next_lease(at(1)).is_some());
}

#[test]
fn an_unused_slot_goes_to_the_next_host() {
    let mut config = config();
    config.politeness.robots = Obedience::Obey;
    config.politeness.delay = Duration::ZERO;
    config.politeness.ip_concurrency = IpConcurrency::Limit(1);
    let mut harness = Harness::new(config);
    harness.submit(["http://127.0.0.1:1/", "http://127.0.0.1:2/", "http://127.0.0.1:3/", "http://127.0.0.1:4/"]);
    for millis in 0..20 {
        // Host 2 has no URL left after its robots.txt. It must not keep the only slot of the address from the others.
        for assignment in harness.leases(at(millis)) {
            let outcome = match (assignment.lease_id.kind, assignment.request.url().port()) {
                (LeaseKind::Robots, Some(2)) => rules("User-agent: *\nDisallow: /\n"),
                (LeaseKind::Robots, _) => rules(""),
                (LeaseKind::Page | LeaseKind::Address, _) => Outcome::Done,
            };
            harness.settle(&assignment, outcome, at(millis));
        }
    }
    assert!(harness.frontier.is_exhausted(), "{}", harness.frontier.balance());
}

#[test]
fn a_name_is_looked_up_if_its_address_has_a_limit() {
    let mut config = config();
    config.politeness.ip_concurrency = IpConcurrency::Limit(1);
    let mut harness = Harness::new(config);
    harness.submit(["http://a.example/", "http://b.example/"]);
    let lookups = harness.leases(at(0));
    assert_eq!(lookups.iter().map(|assignment| assignment.lease_id.kind).collect::<Vec<_>>(), [LeaseKind::Address; 2]);
    for assignment in &lookups {
        let fetch_info = FetchInfo { address: Some([127, 0, 0, 1].into()), ..FetchInfo::default() };
        let (lease_id, outcome, findings) = (assignment.lease_id, Outcome::Done, PageFindings::default());
        harness.frontier.settle(Settlement { lease_id, outcome, fetch_info, findings }, at(0));
    }
    let page = harness.next_lease(at(0)).unwrap();
    assert_eq!(page.lease_id.kind, LeaseKind::Page);
    assert!(harness.next_lease(at(0)).is_none(), "one at a time for both names");
    harness.settle(&page, Outcome::Done, at(0));
    assert!(harness.next_lease(at(0)).is_some());
}

#[test]
fn a_domain_can_share_one_clock() {
    let mut config = config();
    config.politeness.group = Group::Domain;
    let mut harness = Harness::new(config);
    harness.submit(["http://a.x.example/", "http://b.x.example/"]);
    let first = harness.next_lease(at(0)).unwrap();
    harness.settle(&first, Outcome::Done, at(0));
    assert!(harness.next_lease(at(999)).is_none() && harness.next_lease(at(1_000)).is_some());
}
