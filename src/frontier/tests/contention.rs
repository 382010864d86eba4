//! The frontier against a synthetic web on virtual time: load of the hosts, and which hosts get the fetch slots.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    ops::Range,
    time::Duration,
};

use super::harness::{Harness, at, config, request, rules};
use crate::{
    failure::{FetchError, Stage},
    frontier::{
        ParkReason,
        assignment::{Assignment, FetchInfo, LeaseKind, PageFindings, Settlement},
        politeness::Obedience,
    },
    http::request::Request,
    outcome::Outcome,
    robots::RobotsAnswer,
};

/// A request as its host sees it.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// In milliseconds.
    time: u64,
    host: String,
    status: Option<u16>,
}

/// How a host responds to a request.
pub(super) struct Reply {
    /// Milliseconds until the response, or until the request times out.
    pub(super) after: u64,
    /// `None` if the host hangs.
    pub(super) status: Option<u16>,
}

/// Crawls with this number of fetch slots until nothing is left to do, or until `end` in milliseconds.
pub(super) fn crawl(
    harness: &mut Harness,
    slots: usize,
    end: u64,
    mut web: impl FnMut(&Assignment, u64) -> Reply,
) -> Vec<Hit> {
    let (mut hits, mut replies_due, mut stalls) = (Vec::new(), BinaryHeap::new(), BinaryHeap::new());
    let mut replies: BTreeMap<u64, (Assignment, u64, Reply)> = BTreeMap::new();
    let mut time = 0;
    while time < end {
        while replies.len() < slots {
            let Some(assignment) = harness.next_lease(at(time)) else { break };
            let reply = web(&assignment, time);
            let host = assignment.request.url().host_str().unwrap().to_owned();
            hits.push(Hit { time, host, status: reply.status });
            let serial = assignment.lease_id.serial;
            let stall = assignment.patience.map(|patience| time + u64::try_from(patience.as_millis()).unwrap());
            stalls.extend(stall.map(|stall| Reverse((stall, serial))));
            replies_due.push(Reverse((time + reply.after, serial)));
            replies.insert(serial, (assignment, time, reply));
        }
        let revoked = harness.frontier.revoke(slots - replies.len(), at(time));
        for serial in &revoked {
            let (assignment, started, _) = replies.remove(serial).unwrap();
            let fetch_info =
                FetchInfo { started: Some(at(started).mono), ended: at(time).mono, ..FetchInfo::default() };
            let (lease_id, outcome) = (assignment.lease_id, Outcome::Revoked);
            let settlement = Settlement { lease_id, outcome, fetch_info, findings: PageFindings::default() };
            harness.frontier.settle(settlement, at(time));
        }
        if !revoked.is_empty() {
            continue;
        }
        // Without a free slot, only a reply or a stalled lease changes anything.
        let due = harness.frontier.next_due().filter(|_| replies.len() < slots);
        let due = due.map(|due| due.0.div_ceil(1_000_000));
        let reply = replies_due.peek().map(|Reverse((time, _))| *time);
        let stall = stalls.peek().map(|Reverse((time, _))| *time);
        let Some(next) = due.into_iter().chain(reply).chain(stall).min() else { break };
        time = next.max(time);
        while let Some(Reverse((_, serial))) = replies_due.peek().copied().filter(|Reverse((due, _))| *due <= time) {
            replies_due.pop();
            let Some((assignment, started, reply)) = replies.remove(&serial) else { continue };
            harness.frontier.settle(settlement(&assignment, started, time, &reply), at(time));
        }
        while let Some(Reverse((_, serial))) = stalls.peek().copied().filter(|Reverse((due, _))| *due <= time) {
            stalls.pop();
            harness.frontier.stalled(&[serial]);
        }
    }
    hits
}

fn settlement(assignment: &Assignment, started: u64, ended: u64, reply: &Reply) -> Settlement {
    let outcome = match reply.status {
        None => Outcome::Retry(FetchError::Timeout(Stage::FirstByte)),
        Some(503) if assignment.lease_id.kind == LeaseKind::Robots => {
            Outcome::Robots(RobotsAnswer::Unreachable("status 503".into()))
        }
        Some(status @ (429 | 503)) => Outcome::Retry(FetchError::Status(status)),
        Some(_) if assignment.lease_id.kind == LeaseKind::Robots => rules(""),
        Some(_) => Outcome::Done,
    };
    let (started, ended) = (Some(at(started).mono), at(ended).mono);
    let fetch_info = FetchInfo { started, ended, status: reply.status, requests: 1, ..FetchInfo::default() };
    Settlement { lease_id: assignment.lease_id, outcome, fetch_info, findings: PageFindings::default() }
}

pub(super) fn pages(host: &str, count: usize) -> Vec<Request> {
    (0..count).map(|page| request(&format!("http://{host}.example/{page}"))).collect()
}

/// The time of the last request to one of these hosts.
pub(super) fn last(hits: &[Hit], host: impl Fn(&str) -> bool) -> u64 {
    hits.iter().filter(|hit| host(&hit.host)).map(|hit| hit.time).max().unwrap()
}

#[test]
fn hosts_that_hang_do_not_slow_the_others() {
    let finished = |hanging: usize| {
        let mut config = config();
        config.politeness.delay = Duration::from_millis(200);
        config.slots = 40;
        let mut harness = Harness::new(config);
        let hosts = (0..hanging.max(10)).flat_map(|number| {
            let hang = if number < hanging { pages(&format!("hang{number}"), 5) } else { Vec::new() };
            let good = if number < 10 { pages(&format!("good{number}"), 40) } else { Vec::new() };
            [hang, good].concat()
        });
        harness.frontier.submit(hosts.collect(), at(0));
        let hits =
            crawl(&mut harness, 40, 600_000, |assignment, _| match assignment.request.url().host_str().unwrap() {
                host if host.starts_with("good") => Reply { after: 20, status: Some(200) },
                _ => Reply { after: 2_000, status: None },
            });
        last(&hits, |host| host.starts_with("good"))
    };
    let alone = finished(0);
    assert_eq!(alone, 39 * 200);
    assert!(finished(100) < alone * 3 / 2, "{}", finished(100));
}

#[test]
fn a_big_host_does_not_keep_small_ones_waiting() {
    let mut config = config();
    config.politeness.delay = Duration::from_millis(100);
    let mut harness = Harness::new(config);
    harness.frontier.submit(pages("big", 2_000), at(0));
    harness.frontier.submit((0..50).flat_map(|number| pages(&format!("small{number}"), 40)).collect(), at(0));
    // Fewer slots than the hosts could use: 51 hosts, 10 requests a second each, 50 ms a request.
    let hits = crawl(&mut harness, 10, 60_000, |_, _| Reply { after: 50, status: Some(200) });
    let small = last(&hits, |host| host != "big.example");
    let big = hits.iter().filter(|hit| hit.time <= small && hit.host == "big.example").count();
    let all_small = hits.iter().filter(|hit| hit.host != "big.example").count();
    assert!(all_small == 2_000 && big <= 40 * 6 / 5, "{big} and {all_small}");
}

/// Requests per second, and the percentage that was refused, of the hits within these seconds.
fn rates(hits: &[Hit], seconds: Range<u64>) -> (f64, f64) {
    let within: Vec<_> = hits.iter().filter(|hit| seconds.contains(&(hit.time / 1_000))).collect();
    let refused = within.iter().filter(|hit| hit.status == Some(429)).count();
    let count = within.len() as f64;
    (count / (seconds.end - seconds.start) as f64, 100.0 * refused as f64 / count)
}

#[test]
fn a_host_with_a_rate_limit_is_asked_just_below_it_and_later_at_full_rate() {
    // Full rate: the configured one, or without a delay one request after the other (20 ms each).
    for (delay, full) in [(0, 45.0), (100, 9.0), (400, 2.3)] {
        for counts_refused in [true, false] {
            let mut config = config();
            config.politeness.delay = Duration::from_millis(delay);
            config.politeness.jitter = 0.1;
            let mut harness = Harness::new(config);
            harness.frontier.submit(pages("a", 12_000), at(0));
            // Until the 300th second it refuses more than two requests in any second.
            let mut served: Vec<u64> = Vec::new();
            let hits = crawl(&mut harness, 8, 620_000, |_, time| {
                served.retain(|served| served + 1_000 > time);
                let is_refused = time < 300_000 && served.len() >= 2;
                if !is_refused || counts_refused {
                    served.push(time);
                }
                Reply { after: 20, status: Some(if is_refused { 429 } else { 200 }) }
            });
            for window in [60..300, 60..180, 180..300] {
                let (rate, refused) = rates(&hits, window.clone());
                assert!((1.5..2.0).contains(&rate) && refused <= 5.0, "{delay} ms, {window:?}: {rate}/s, {refused} %");
            }
            let (rate, _) = rates(&hits, 600..620);
            assert!(rate > full, "{delay} ms: {rate}/s");
        }
    }
}

#[test]
fn robots_txt_is_refreshed_while_the_host_continues() {
    const HOUR: u64 = 3_600_000;
    let mut config = config();
    config.politeness.robots = Obedience::Obey;
    config.politeness.delay = Duration::from_secs(500);
    config.politeness.adaptive = false;
    let mut harness = Harness::new(config);
    harness.frontier.submit(pages("a", 6_000), at(0));
    let (mut robots, mut last_page) = (Vec::new(), 0);
    // From the 40th hour its robots.txt is unreachable.
    let hits = crawl(&mut harness, 8, 800 * HOUR, |assignment, time| {
        let is_robots = assignment.lease_id.kind == LeaseKind::Robots;
        robots.extend(is_robots.then_some(time / HOUR));
        last_page = if is_robots { last_page } else { time };
        Reply { after: 20, status: Some(if is_robots && time > 40 * HOUR { 503 } else { 200 }) }
    });
    assert_eq!(robots[..4], [0, 23, 46, 47]);
    let with_pages = hits.windows(2).take_while(|two| two[1].time <= last_page);
    assert_eq!(with_pages.map(|two| two[1].time - two[0].time).max(), Some(500_000), "it never waits");
    // 30 days after the last good copy no more pages are requested.
    assert_eq!(last_page / HOUR, 23 + 30 * 24);
    assert_eq!(harness.frontier.parked().map(|(_, reason, _)| reason).collect::<Vec<_>>(), [ParkReason::Robots]);
}
