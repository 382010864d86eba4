//! What happens to URLs.

use std::time::Duration;

use super::harness::{Harness, at, config, request};
use crate::{
    failure::{FetchError, Rejection},
    outcome::Outcome,
};

#[test]
fn urls_are_leased_by_priority_then_arrival() {
    let mut harness = Harness::new(config());
    let seeds = [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -1)];
    let seeds = seeds.map(|(name, priority)| request(&format!("http://a.example/{name}")).priority(priority));
    harness.frontier.submit(seeds.into(), at(0));
    let mut order = String::new();
    for second in 0..5 {
        let assignment = harness.next_lease(at(second * 1_000)).unwrap();
        order += &assignment.request.url().path()[1..];
        harness.settle(&assignment, Outcome::Done, at(second * 1_000));
    }
    assert_eq!(order, "bdace");
}

#[test]
fn a_failed_url_is_retried_and_then_rejected() {
    let mut harness = Harness::new(config());
    harness.submit(["http://a.example/"]);
    let mut now = 0;
    for attempt in 0..=3 {
        now = harness.frontier.next_due().map_or(now, |due| due.0 / 1_000_000 + 1);
        let assignment = harness.next_lease(at(now)).unwrap();
        assert_eq!((assignment.attempt, assignment.last), (attempt, attempt == 3));
        harness.settle(&assignment, Outcome::Retry(FetchError::Truncated), at(now));
        harness.run_store(at(now));
    }
    assert!(harness.frontier.is_exhausted());
    assert_eq!((harness.frontier.balance().rejected, harness.frontier.stats().get("retry/count")), (1, 3));
}

#[test]
fn a_redirect_is_the_same_request_on_a_new_lease() {
    let mut harness = Harness::new(config());
    harness.frontier.submit(vec![request("http://a.example/").label("l")], at(0));
    let assignment = harness.next_lease(at(0)).unwrap();
    let next = assignment.request.redirected("http://b.example/x".parse().unwrap(), false);
    harness.settle(&assignment, Outcome::Redirected(Box::new(next)), at(0));
    let hop = harness.next_lease(at(0)).unwrap();
    assert_eq!((hop.request.label_name().map(|label| &**label), hop.request.redirects()), (Some("l"), 1));
    let back = hop.request.redirected("http://a.example/".parse().unwrap(), false);
    harness.settle(&hop, Outcome::Redirected(Box::new(back)), at(0));
    assert!(harness.frontier.is_exhausted(), "a hop to a known URL ends there");
    assert_eq!(harness.frontier.balance().redirected, 2);
}

#[test]
fn hosts_take_turns_in_memory_and_a_link_offered_twice_is_asked_once() {
    let mut config = config();
    config.store.hosts = 1;
    config.politeness.delay = Duration::ZERO;
    let mut harness = Harness::new(config);
    harness.submit(["http://a.example/", "http://b.example/"]);
    harness.run_store(at(0));
    assert_eq!(harness.frontier.host_counts().known, 1);
    assert_eq!(harness.frontier.inactive.queued(), 1, "b is inactive");
    // A third host may have a row in the store, as far as the frontier knows.
    for millis in 1..3 {
        harness.frontier.submit(vec![request("http://c.example/")], at(millis));
        harness.frontier.audit().check().unwrap();
    }
    let mut leased = Vec::new();
    for second in 0..10 {
        let now = at(10 + 1000 * second);
        while let Some(assignment) = harness.next_lease(now) {
            leased.push(assignment.request.url().to_string());
            harness.settle(&assignment, Outcome::Done, now);
            assert!(harness.frontier.host_counts().known <= 2);
        }
    }
    assert_eq!(leased, ["http://a.example/", "http://b.example/", "http://c.example/"]);
    assert!(harness.frontier.is_exhausted() && harness.frontier.is_committed(), "{}", harness.frontier.balance());
}

#[test]
fn a_lease_lost_while_stopping_is_no_attempt() {
    let mut harness = Harness::new(config());
    harness.submit(["http://a.example/", "http://a.example/2"]);
    let assignment = harness.next_lease(at(0)).unwrap();
    harness.frontier.stop();
    harness.settle(&assignment, Outcome::Lost, at(0));
    let again = harness.next_lease(at(1_000)).unwrap();
    assert_eq!((again.request.url().path(), again.attempt), ("/", 0));
}

#[test]
fn rejections_are_counted_by_reason() {
    let mut harness = Harness::new(config());
    harness.submit(["http://a.example/"]);
    let assignment = harness.next_lease(at(0)).unwrap();
    harness.settle(&assignment, Outcome::Rejected(Rejection::Status(404)), at(0));
    assert_eq!(harness.frontier.stats().get("rejected/status"), 1);
}
