//! Limits towards hosts, measured at the host.

use std::time::{Duration, Instant};

use lycosa::Request;

use crate::{
    harness::{config, crawl, crawl_with, tree},
    site::{Options, Robots, Site},
};

/// Tolerance between the times of sending and arrival: the request before may have arrived late.
const SLACK: Duration = Duration::from_millis(100);

fn robots(rules: &'static str) -> Site {
    let robots = Robots { status: 200, rules, ..Robots::default() };
    Site::with(Options { robots, ..Options::default() })
}

fn shortest_gap(arrivals: &[Instant]) -> Duration {
    arrivals.windows(2).map(|two| two[1] - two[0]).min().unwrap()
}

#[test]
fn there_is_a_delay_between_two_requests() {
    let site = Site::start();
    let delay = Duration::from_millis(250);
    let crawled = crawl(config("[politeness]\ndelay = \"250ms\""), [site.url("/tree/5/1")]);
    assert_eq!(crawled.records.len(), 6);
    let arrivals: Vec<_> = site.visits().iter().map(|visit| visit.arrived).collect();
    assert_eq!(arrivals.len(), 7, "the pages and robots.txt");
    assert!(shortest_gap(&arrivals) + SLACK >= delay, "{:?}", shortest_gap(&arrivals));
    assert!(arrivals[6] - arrivals[0] + SLACK >= 6 * delay);
}

#[test]
fn host_concurrency_is_never_exceeded() {
    let sites = [Site::start(), Site::on(2)];
    let seeds = sites.iter().map(|site| site.url("/links?n=20&to=/slow%3Fms=50%26page="));
    let crawled = crawl(config("[politeness]\nhost_concurrency = 3"), seeds.collect::<Vec<_>>());
    assert_eq!(crawled.records.len(), 42);
    assert_eq!(sites.map(|site| site.most_at_once()), [3, 3]);
}

#[test]
fn no_page_is_fetched_before_robots_txt() {
    let pause = Duration::from_millis(300);
    let robots = Robots { status: 200, rules: "User-agent: *\nDisallow:", pause };
    let site = Site::with(Options { robots, ..Options::default() });
    assert_eq!(crawl(config(""), [site.url("/ok"), site.url("/other")]).records.len(), 2);
    let visits = site.visits();
    assert_eq!(visits[0].target, "/robots.txt");
    assert!(visits[1].arrived - visits[0].arrived >= pause);
    assert_eq!(site.visits_to("/robots.txt").len(), 1);
}

#[test]
fn urls_forbidden_by_robots_txt_are_not_fetched() {
    let site = robots("User-agent: other\nDisallow: /\n\nUser-agent: lycosa\nDisallow: /tree/2/1/1\n");
    let crawled = crawl(config(""), [site.url("/tree/2/1")]);
    let mut allowed = tree(site.url("/tree/2/1"), 2, 1);
    allowed.remove(site.url("/tree/2/1/1").as_str());
    assert_eq!(crawled.urls(), allowed);
    assert_eq!(site.visits_to("/tree/2/1/1").len(), 0);
    assert_eq!((crawled.report.balance.rejected, crawled.report.stats.get("robotstxt/forbidden")), (1, 1));

    let all = crawl(config("[politeness]\nrobots = \"ignore\""), [site.url("/tree/2/1")]);
    assert_eq!(all.records.len(), 3);
}

#[test]
fn crawl_delay_is_obeyed() {
    let site = robots("User-agent: *\nCrawl-delay: 1\n");
    assert_eq!(crawl(config(""), [site.url("/tree/2/1")]).records.len(), 3);
    assert!(shortest_gap(&site.page_arrivals()) + SLACK >= Duration::from_secs(1));
}

#[test]
fn a_host_without_reachable_robots_txt_is_parked() {
    let robots = Robots { status: 503, ..Robots::default() };
    let (closed, open) = (Site::with(Options { robots, ..Options::default() }), Site::on(2));
    let crawled = crawl(config(""), [closed.url("/ok"), open.url("/ok")]);
    assert_eq!((crawled.report.balance.parked, crawled.report.balance.done), (1, 1));
    assert!(closed.page_arrivals().is_empty());
}

#[test]
fn retry_after_applies_to_the_whole_host() {
    let site = Site::start();
    let seeds = [site.url("/retry-after?s=1"), site.url("/ok")];
    let crawled = crawl(config("[politeness]\nhost_concurrency = 1"), seeds);
    assert_eq!(crawled.records.len(), 2);
    let arrivals = site.page_arrivals();
    assert_eq!(arrivals.len(), 3);
    assert!(arrivals[1] - arrivals[0] + SLACK >= Duration::from_secs(1));
}

#[test]
fn a_host_with_a_long_retry_after_is_parked() {
    let site = Site::start();
    let crawled = crawl(config("[limits]\nwait = \"1s\""), [site.url("/retry-after?s=3600")]);
    assert_eq!((crawled.report.balance.parked, crawled.records.len()), (1, 0));
    assert_eq!(site.page_arrivals().len(), 1);
}

#[test]
fn higher_priorities_are_fetched_first() {
    let site = Site::start();
    let seed = |path: &str, priority| Request::get(site.url(path)).priority(priority);
    let seeds = [seed("/low", -1), seed("/usual", 0), seed("/high", 1)];
    crawl_with(config("[politeness]\nhost_concurrency = 1"), seeds, |crawler| crawler);
    let order: Vec<_> = site.visits().into_iter().map(|visit| visit.target).collect();
    assert_eq!(order, ["/robots.txt", "/high", "/usual", "/low"]);
}

#[test]
fn robots_directives_of_pages_are_obeyed() {
    let site = Site::start();
    let forbid = "<meta name=LYCOSA content='noindex,nofollow'><a href=/hidden>";
    let single = "<a href=/bad rel='external NOFOLLOW'><a href=/good>";
    let paths =
        ["/tagged?googlebot:%20none", "/tagged?lycosa:noindex", &format!("/html?{forbid}"), &format!("/html?{single}")];
    let seeds = || paths.iter().map(|path| site.url(path)).collect::<Vec<_>>();
    let polite = crawl(config(""), seeds());
    let records: Vec<_> = ["/followed", "/good", paths[0], paths[3]].map(|path| site.url(path).to_string()).into();
    assert_eq!(polite.urls(), records.into_iter().collect());
    assert_eq!((site.visits_to("/hidden").len(), site.visits_to("/bad").len()), (0, 0));
    let counts = ["robotstag/noindex", "refused/nofollow"].map(|key| polite.report.stats.get(key));
    assert_eq!(counts, [2, 2]);

    let rude = crawl(config("[politeness]\nmeta_robots = \"ignore\"\nnofollow = \"ignore\""), seeds());
    assert_eq!(rude.records.len(), 8);
}

#[test]
fn fifty_hosts_are_fetched_at_their_rate_and_no_faster() {
    const PAGES: usize = 8;
    let delay = Duration::from_millis(500);
    let sites: Vec<_> = (1..=50).map(Site::on).collect();
    let seeds = sites.iter().map(|site| site.url(&format!("/links?n={}&to=/ok/", PAGES - 1)));
    let toml = "[politeness]\ndelay = \"500ms\"\nhost_concurrency = 1\nadaptive = true";
    let crawled = crawl(config(toml), seeds.collect::<Vec<_>>());
    assert_eq!(crawled.records.len(), 50 * PAGES);
    let mut spans = Vec::new();
    for site in &sites {
        let visits = site.visits();
        assert_eq!((visits[0].target.as_str(), visits.len(), site.most_at_once()), ("/robots.txt", PAGES + 1, 1));
        let arrivals: Vec<_> = visits.iter().map(|visit| visit.arrived).collect();
        // A busy machine may see one arrival late and the next on time. `tests/run rates` measures without other load.
        assert!(shortest_gap(&arrivals) >= Duration::from_millis(350), "{:?}", shortest_gap(&arrivals));
        assert!(arrivals[PAGES] - arrivals[0] >= delay * u32::try_from(PAGES).unwrap() - SLACK);
        spans.extend([arrivals[0], arrivals[PAGES]]);
    }
    let took = *spans.iter().max().unwrap() - *spans.iter().min().unwrap();
    let bound = delay * u32::try_from(PAGES).unwrap();
    assert!(took < bound.mul_f64(1.05) + SLACK, "{took:?} instead of {bound:?}");
}

#[test]
fn names_of_one_address_share_its_limit() {
    let site = Site::start();
    let name = |name: &str, page: u8| format!("http://{name}:{}/slow?ms=30&page={page}", site.port()).parse().unwrap();
    let seeds = (0..8).flat_map(|page| [name("127.0.0.1", page), name("localhost", page)]);
    let crawled = crawl(config("[politeness]\nip_concurrency = 1"), seeds.collect::<Vec<_>>());
    assert_eq!((crawled.records.len(), site.most_at_once()), (16, 1));
}

#[test]
fn hosts_that_hang_do_not_delay_good_hosts() {
    let (good, hanging) = (Site::start(), Site::on(2));
    let port = hanging.port();
    let seeds = || (0..4).flat_map(|page| [good.url(&format!("/tree/4/2?{page}")), good.url(&format!("/ok/{page}"))]);
    let toml = "[fetcher]\nconcurrency = 8\ntimeout = { first_byte = \"500ms\" }\n[politeness]\nrobots = \"ignore\"\n\
                host_concurrency = 1\ndelay = \"20ms\"\n[retry]\ntimes = 1";
    let took = |arrivals: &[Instant]| *arrivals.last().unwrap() - arrivals[0];
    crawl(config(toml), seeds().collect::<Vec<_>>());
    let alone = good.page_arrivals();
    // The names of one site are separate hosts. `a.localhost` is loopback by RFC 6761, but not on every system.
    let hangs = (1..=40).map(|host| format!("http://127.0.1.{host}:{port}/hang").parse().unwrap());
    let seeds: Vec<_> = hangs.chain(seeds()).collect();
    crawl(config(toml), seeds);
    let together = good.page_arrivals().split_off(alone.len());
    assert!(took(&together) < took(&alone) * 2 + SLACK, "{:?} instead of {:?}", took(&together), took(&alone));
}

#[test]
fn a_host_override_slows_one_host_down() {
    let (slow, fast) = (Site::on(3), Site::on(4));
    let toml = "[[host]]\nmatch = \"127.0.0.3\"\ndelay = \"300ms\"\nrobots = \"ignore\"";
    let crawled = crawl(config(toml), [slow.url("/tree/2/1"), fast.url("/tree/2/1")]);
    assert_eq!(crawled.records.len(), 6);
    assert_eq!((slow.visits_to("/robots.txt").len(), fast.visits_to("/robots.txt").len()), (0, 1));
    assert!(shortest_gap(&slow.page_arrivals()) + SLACK >= Duration::from_millis(300));
}

/// Three of four slots are taken by hosts that answer their robots.txt and then hang, while others wait.
#[test]
fn hosts_that_hang_at_their_pages_give_way_to_others() {
    let (bad, good) = ([2, 3, 4, 5].map(Site::on), Site::start());
    let lines = "[fetcher]\nconcurrency = 4\ntimeout = { first_byte = \"3s\" }\n[retry]\ntimes = 0";
    let seeds = bad.iter().map(|site| site.url("/hang")).chain([good.url("/tree/3/1")]);
    let crawled = crawl(config(lines), seeds.collect::<Vec<_>>());
    assert_eq!((crawled.report.balance.done, crawled.report.balance.rejected), (4, 4));
    assert_eq!(crawled.urls(), tree(good.url("/tree/3/1"), 3, 1));
    // Each lease that was taken back is repeated once, and is not counted as an attempt.
    let revoked = crawled.report.stats.get("scheduler/revoked");
    let visits: usize = bad.iter().map(|site| site.visits_to("/hang").len()).sum();
    assert!((1..=4).contains(&revoked), "{revoked}");
    assert_eq!(visits as u64, 4 + revoked);
}

/// Hosts whose robots.txt is redirected to another host: every request there waits for its delay.
#[test]
fn hops_of_robots_txt_wait_for_the_delay_of_their_host() {
    let target = Site::on(6);
    let rules: &str = target.url("/robots.txt").to_string().leak();
    let robots = Robots { status: 302, rules, ..Robots::default() };
    let hosts = [2, 3, 4].map(|host| Site::with(Options { host, robots: robots.clone(), ..Options::default() }));
    let seeds = hosts.iter().map(|site| site.url("/ok")).chain([target.url("/tree/4/1")]);
    let crawled = crawl(config("[politeness]\ndelay = \"250ms\""), seeds.collect::<Vec<_>>());
    assert_eq!(crawled.records.len(), 8, "{:?}", crawled.urls());
    assert_eq!(target.visits_to("/robots.txt").len(), 4);
    let arrivals: Vec<_> = target.visits().iter().map(|visit| visit.arrived).collect();
    assert!(shortest_gap(&arrivals) + SLACK >= Duration::from_millis(250), "{:?}", shortest_gap(&arrivals));
}
