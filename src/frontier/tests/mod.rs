//! The frontier under a clock of the test: what it does, one thing at a time.

#[cfg(test)]
mod contention;
#[cfg(test)]
mod model;
#[cfg(test)]
mod simulation;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Frontier, ParkReason,
    assignment::{Assignment, FetchInfo, LeaseKind, Outlink, PageFindings, Settlement},
    config::Config,
    politeness, scope,
    scope::{Scope, ScopeKind},
};
use crate::{
    base::time::{Mono, Now, Wall},
    failure::{FetchError, Rejection},
    http::request::Request,
    keys::UrlKey,
    outcome::Outcome,
    robots::{Robots, RobotsAnswer},
    store::{self, MemoryStore, Query, Store as _},
};

pub(super) fn config() -> Config {
    Config {
        politeness: politeness::Config {
            robots: politeness::Obedience::Ignore,
            jitter: 0.0,
            ip_concurrency: politeness::IpConcurrency::Limit(0),
            ..Default::default()
        },
        retry: politeness::retry::Config::default(),
        overrides: Vec::new(),
        scope: scope::Config::default(),
        discovery: scope::discovery::Config {
            sitemaps: scope::discovery::Sitemaps::Robots,
            ..scope::discovery::Config::default()
        },
        traps: scope::traps::Config::default(),
        store: store::Config::default(),
        wait: Duration::from_secs(600),
        redirects: 3,
        slots: 1_024,
        hot_set: 1 << 16,
        bloom: 1 << 16,
        is_proxied: false,
        seed: 1,
    }
}

pub(super) fn scope(kind: ScopeKind) -> Scope {
    Scope::new(scope::Config { kind, ..Default::default() }).unwrap()
}

pub(super) fn request(text: &str) -> Request {
    Request::get(text.parse().unwrap())
}

pub(super) fn at(millis: u64) -> Now {
    Now { mono: Mono(millis * 1_000_000), wall: Wall(1_000_000_000 + millis) }
}

/// A frontier over a store of its own, driven by hand.
pub(super) struct Rig {
    pub(super) frontier: Frontier,
    store: MemoryStore,
}

impl Rig {
    pub(super) fn new(config: Config) -> Self {
        Self::over(MemoryStore::new(), config)
    }

    fn over(mut store: MemoryStore, config: Config) -> Self {
        let (recovered, grants) = (store.recover().unwrap(), store.claim_partitions(Wall(0), &[]).unwrap());
        Self { frontier: Frontier::new(config, scope(ScopeKind::Any), &recovered, &grants), store }
    }

    /// Answers what is asked and commits what is there, as a store without delay would.
    pub(super) fn turn(&mut self, now: Now) {
        while let Some(ask) = self.frontier.query(now) {
            let answer = self.store.reader().query(&ask).unwrap();
            self.frontier.apply_result(answer, now).unwrap();
        }
        if let Some(number) = self.frontier.flush() {
            self.frontier.cut(number);
            self.frontier.flushed(number, Vec::new());
        }
        if let Some(commit) = self.frontier.commit(now) {
            self.store.commit(&commit).unwrap();
            self.frontier.committed(commit.number, now);
        }
        self.frontier.audit().check().unwrap();
    }

    pub(super) fn lend(&mut self, now: Now) -> Option<Assignment> {
        self.turn(now);
        self.frontier.next_lease(now)
    }
}

pub(super) fn home(assignment: &Assignment, outcome: Outcome, now: Now, outlinks: Vec<Outlink>) -> Settlement {
    let fetch_info = FetchInfo { started: Some(now.mono), ended: now.mono, ..FetchInfo::default() };
    Settlement {
        lease_id: assignment.lease_id,
        outcome,
        fetch_info,
        findings: PageFindings { outlinks, records: 1, ..PageFindings::default() },
    }
}

pub(super) fn outlink(request: Request) -> Outlink {
    Outlink { key: UrlKey::of(&request), request }
}

#[test]
fn a_host_is_asked_once_per_delay_and_one_at_a_time() {
    let mut rig = Rig::new(config());
    rig.frontier.submit((0..3).map(|page| request(&format!("http://a.example/{page}"))).collect(), at(0));
    let first = rig.lend(at(0)).unwrap();
    assert!(rig.lend(at(5_000)).is_none(), "one at a time");
    rig.frontier.settle(home(&first, Outcome::Done, at(5_000), Vec::new()), at(5_100));
    assert!(rig.lend(at(5_100)).is_none(), "a second after the start");
    assert_eq!(rig.frontier.next_due(), Some(at(6_000).mono));
    assert!(rig.lend(at(6_000)).is_some());
}

#[test]
fn an_overlay_holds_for_the_hosts_it_matches() {
    let mut config = config();
    let delay = |seconds| Some(politeness::host_override::Time(Duration::from_secs(seconds)));
    config.overrides = vec![
        politeness::host_override::HostOverride {
            pattern: "*.A.example".into(),
            delay: delay(5),
            times: Some(0),
            ..Default::default()
        },
        politeness::host_override::HostOverride {
            pattern: "*:81".into(),
            host_concurrency: Some(2),
            delay: delay(0),
            ..Default::default()
        },
    ];
    for (host, second) in [("b.example", 1_000), ("www.a.example", 5_000), ("b.example:81", 0)] {
        let mut rig = Rig::new(config.clone());
        rig.frontier.submit(vec![request(&format!("http://{host}/1")), request(&format!("http://{host}/2"))], at(0));
        let first = rig.lend(at(0)).unwrap();
        assert_eq!(first.last, host == "www.a.example");
        if second > 0 {
            rig.frontier.settle(home(&first, Outcome::Done, at(0), Vec::new()), at(0));
            assert!(rig.lend(at(second - 1)).is_none(), "{host}");
        }
        assert!(rig.lend(at(second)).is_some(), "{host}");
    }
}

#[test]
fn hosts_do_not_wait_for_each_other() {
    let mut rig = Rig::new(config());
    rig.frontier.submit((0..3).map(|host| request(&format!("http://{host}.example/"))).collect(), at(0));
    assert_eq!(std::iter::from_fn(|| rig.lend(at(0))).count(), 3);
}

#[test]
fn priority_then_first_come() {
    let mut rig = Rig::new(config());
    let seeds = [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -1)];
    let seeds = seeds.map(|(name, priority)| request(&format!("http://a.example/{name}")).priority(priority));
    rig.frontier.submit(seeds.into(), at(0));
    let mut order = String::new();
    for second in 0..5 {
        let assignment = rig.lend(at(second * 1_000)).unwrap();
        order += &assignment.request.url().path()[1..];
        rig.frontier.settle(home(&assignment, Outcome::Done, at(second * 1_000), Vec::new()), at(second * 1_000));
    }
    assert_eq!(order, "bdace");
}

#[test]
fn a_failure_is_tried_again_and_then_given_up() {
    let mut rig = Rig::new(config());
    rig.frontier.submit(vec![request("http://a.example/")], at(0));
    let mut now = 0;
    for attempt in 0..=3 {
        now = rig.frontier.next_due().map_or(now, |due| due.0 / 1_000_000 + 1);
        let assignment = rig.lend(at(now)).unwrap();
        assert_eq!((assignment.attempt, assignment.last), (attempt, attempt == 3));
        rig.frontier.settle(home(&assignment, Outcome::Retry(FetchError::Truncated), at(now), Vec::new()), at(now));
        rig.turn(at(now));
    }
    assert!(rig.frontier.is_exhausted());
    assert_eq!((rig.frontier.balance().rejected, rig.frontier.stats().get("retry/count")), (1, 3));
}

#[test]
fn retry_after_beyond_the_limit_parks_the_host_and_ends_the_crawl() {
    let mut rig = Rig::new(config());
    rig.frontier.submit(vec![request("http://a.example/"), request("http://a.example/2")], at(0));
    let assignment = rig.lend(at(0)).unwrap();
    let mut busy = home(&assignment, Outcome::Retry(FetchError::Status(503)), at(0), Vec::new());
    busy.fetch_info.retry_after = Some(Duration::from_secs(3600));
    rig.frontier.settle(busy, at(0));
    rig.turn(at(0));
    assert!(rig.frontier.is_exhausted());
    assert_eq!((rig.frontier.balance().parked, rig.frontier.parked().count()), (2, 1));
    assert!(rig.lend(at(3_599_000)).is_none() && rig.lend(at(3_601_000)).is_some());
}

#[test]
fn robots_come_first_and_are_obeyed() {
    let mut config = config();
    config.politeness.robots = politeness::Obedience::Obey;
    config.politeness.delay = Duration::ZERO;
    let mut rig = Rig::new(config);
    rig.frontier.submit(vec![request("http://a.example/no"), request("http://a.example/yes")], at(0));
    let robots = rig.lend(at(0)).unwrap();
    assert_eq!((robots.lease_id.kind, robots.request.url().path()), (LeaseKind::Robots, "/robots.txt"));
    assert!(rig.lend(at(0)).is_none(), "nothing before the answer");
    let rules = Robots::parse(b"User-agent: *\nDisallow: /no\n", "lycosa");
    let answer = Outcome::Robots(RobotsAnswer::Rules(Arc::new(rules)));
    rig.frontier.settle(home(&robots, answer, at(1), Vec::new()), at(1));
    assert_eq!(rig.lend(at(1)).unwrap().request.url().path(), "/yes");
    assert_eq!(rig.frontier.stats().get("robotstxt/forbidden"), 1);
}

#[test]
fn unreachable_robots_park_the_host() {
    let mut config = config();
    config.politeness.robots = politeness::Obedience::Obey;
    config.retry.times = 0;
    let mut rig = Rig::new(config);
    rig.frontier.submit(vec![request("http://a.example/")], at(0));
    let robots = rig.lend(at(0)).unwrap();
    let answer = Outcome::Robots(RobotsAnswer::Unreachable("503".into()));
    rig.frontier.settle(home(&robots, answer, at(1), Vec::new()), at(1));
    rig.turn(at(1));
    assert!(rig.frontier.is_exhausted() && rig.frontier.balance().parked == 1);
}

#[test]
fn a_redirect_is_the_same_request_on_a_new_lease() {
    let mut rig = Rig::new(config());
    rig.frontier.submit(vec![request("http://a.example/").label("l")], at(0));
    let assignment = rig.lend(at(0)).unwrap();
    let next = assignment.request.redirected("http://b.example/x".parse().unwrap(), false);
    rig.frontier.settle(home(&assignment, Outcome::Redirected(Box::new(next)), at(0), Vec::new()), at(0));
    let hop = rig.lend(at(0)).unwrap();
    assert_eq!((hop.request.label_name().map(|label| &**label), hop.request.redirects()), (Some("l"), 1));
    let back = hop.request.redirected("http://a.example/".parse().unwrap(), false);
    rig.frontier.settle(home(&hop, Outcome::Redirected(Box::new(back)), at(0), Vec::new()), at(0));
    assert!(rig.frontier.is_exhausted(), "a hop to a URL already seen ends there");
    assert_eq!(rig.frontier.balance().redirected, 2);
}

#[test]
fn hosts_at_one_address_share_its_slots() {
    let mut config = config();
    config.politeness.ip_concurrency = politeness::IpConcurrency::Limit(1);
    let mut rig = Rig::new(config);
    let seeds = ["http://127.0.0.1:1/", "http://127.0.0.1:2/", "http://127.0.0.2:1/"];
    rig.frontier.submit(seeds.map(request).into(), at(0));
    let loans: Vec<_> = std::iter::from_fn(|| rig.lend(at(0))).collect();
    assert_eq!(loans.len(), 2);
    rig.frontier.settle(home(&loans[0], Outcome::Done, at(1), Vec::new()), at(1));
    assert!(rig.lend(at(1)).is_some());
}

#[test]
fn a_slot_that_a_host_does_not_use_goes_to_the_next() {
    let mut config = config();
    config.politeness.robots = politeness::Obedience::Obey;
    config.politeness.delay = Duration::ZERO;
    config.politeness.ip_concurrency = politeness::IpConcurrency::Limit(1);
    let mut rig = Rig::new(config);
    rig.frontier.submit([1, 2, 3, 4].map(|port| request(&format!("http://127.0.0.1:{port}/"))).into(), at(0));
    let rules = |text: &str| Outcome::Robots(RobotsAnswer::Rules(Arc::new(Robots::parse(text.as_bytes(), "lycosa"))));
    for millis in 0..20 {
        // Host 2 has nothing to give after its robots.txt; it must not keep the others from the address's only slot.
        let loans: Vec<_> = std::iter::from_fn(|| rig.lend(at(millis))).collect();
        for assignment in loans {
            let outcome = match (assignment.lease_id.kind, assignment.request.url().port()) {
                (LeaseKind::Robots, Some(2)) => rules("User-agent: *\nDisallow: /\n"),
                (LeaseKind::Robots, _) => rules(""),
                (LeaseKind::Page | LeaseKind::Address, _) => Outcome::Done,
            };
            rig.frontier.settle(home(&assignment, outcome, at(millis), Vec::new()), at(millis));
        }
    }
    assert!(rig.frontier.is_exhausted(), "{}", rig.frontier.balance());
}

#[test]
fn hosts_rest_and_wake_and_a_link_asked_twice_is_one_question() {
    let mut config = config();
    config.store.hosts = 1;
    config.politeness.delay = Duration::ZERO;
    let mut rig = Rig::new(config);
    rig.frontier.submit(["http://a.example/", "http://b.example/"].map(request).into(), at(0));
    rig.turn(at(0));
    assert_eq!((rig.frontier.host_counts().known, rig.frontier.inactive.queued()), (1, 1), "b rests");
    // A third has a row in the store for all the frontier knows.
    for millis in 1..3 {
        rig.frontier.submit(vec![request("http://c.example/")], at(millis));
        rig.frontier.audit().check().unwrap();
    }
    let mut given = Vec::new();
    for second in 0..10 {
        let now = at(10 + 1000 * second);
        while let Some(assignment) = rig.lend(now) {
            given.push(assignment.request.url().to_string());
            rig.frontier.settle(home(&assignment, Outcome::Done, now, Vec::new()), now);
            assert!(rig.frontier.host_counts().known <= 2);
        }
    }
    assert_eq!(given, ["http://a.example/", "http://b.example/", "http://c.example/"]);
    assert!(rig.frontier.is_exhausted() && rig.frontier.is_committed(), "{}", rig.frontier.balance());
}

#[test]
fn a_name_is_looked_up_where_its_address_counts() {
    let mut config = config();
    config.politeness.ip_concurrency = politeness::IpConcurrency::Limit(1);
    let mut rig = Rig::new(config);
    rig.frontier.submit(["http://a.example/", "http://b.example/"].map(request).into(), at(0));
    let lookups: Vec<_> = std::iter::from_fn(|| rig.lend(at(0))).collect();
    assert_eq!(lookups.iter().map(|assignment| assignment.lease_id.kind).collect::<Vec<_>>(), [LeaseKind::Address; 2]);
    for assignment in &lookups {
        let fetch_info = FetchInfo { address: Some([127, 0, 0, 1].into()), ..FetchInfo::default() };
        let (outcome, findings) = (Outcome::Done, PageFindings::default());
        rig.frontier.settle(Settlement { lease_id: assignment.lease_id, outcome, fetch_info, findings }, at(0));
    }
    let page = rig.lend(at(0)).unwrap();
    assert!(page.lease_id.kind == LeaseKind::Page && rig.lend(at(0)).is_none(), "one at a time, whatever its name");
    rig.frontier.settle(home(&page, Outcome::Done, at(0), Vec::new()), at(0));
    assert!(rig.lend(at(0)).is_some());
}

#[test]
fn a_domain_can_share_one_clock() {
    let mut config = config();
    config.politeness.group = politeness::Group::Domain;
    let mut rig = Rig::new(config);
    rig.frontier.submit(["http://a.x.example/", "http://b.x.example/"].map(request).into(), at(0));
    let first = rig.lend(at(0)).unwrap();
    rig.frontier.settle(home(&first, Outcome::Done, at(0), Vec::new()), at(0));
    assert!(rig.lend(at(999)).is_none() && rig.lend(at(1_000)).is_some());
}

#[test]
fn what_is_lost_while_stopping_stands_where_it_stood() {
    let mut rig = Rig::new(config());
    rig.frontier.submit(vec![request("http://a.example/"), request("http://a.example/2")], at(0));
    let assignment = rig.lend(at(0)).unwrap();
    rig.frontier.stop();
    rig.frontier.settle(home(&assignment, Outcome::Lost, at(0), Vec::new()), at(0));
    let again = rig.lend(at(1_000)).unwrap();
    assert_eq!((again.request.url().path(), again.attempt), ("/", 0));
}

#[test]
fn a_rejection_is_named() {
    let mut rig = Rig::new(config());
    rig.frontier.submit(vec![request("http://a.example/")], at(0));
    let assignment = rig.lend(at(0)).unwrap();
    rig.frontier.settle(home(&assignment, Outcome::Rejected(Rejection::Status(404)), at(0), Vec::new()), at(0));
    assert_eq!(rig.frontier.stats().get("rejected/status"), 1);
}
