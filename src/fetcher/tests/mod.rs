//! The Fetcher against a server on loopback, between two probes.

mod network;
mod site;

use std::{io::Write, time::Duration};

use actix::Addr;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::site::{Reply, Site};
use super::*;
use crate::{
    base::units::ByteSize,
    failure::{FetchError, Rejection, Stage},
    frontier::{assignment::LeaseId, scope::Scope},
    http::{
        request::{Method, Request},
        response::OverLimit,
    },
    keys::UrlKey,
    messages::{
        Fetched, Parse,
        lease::{Assignment, FetchInfo, Settle, Settlement, SettlementSender},
    },
    outcome::Outcome,
    robots::RobotsAnswer,
    runtime::budget::{Budget, Reservation},
    transport::{AllowPrivate, Guard, Tls},
};

/// What leaves a Fetcher.
enum Left {
    Page(Fetched),
    SettlementSender(Settlement),
}

/// Parser and Scheduler in one.
struct Probe(UnboundedSender<Left>);

impl Actor for Probe {
    type Context = Context<Self>;
}

impl Handler<Parse> for Probe {
    type Result = ();

    fn handle(&mut self, Parse(pages): Parse, _: &mut Context<Self>) {
        pages.into_iter().for_each(|page| self.0.send(Left::Page(page)).unwrap());
    }
}

impl Handler<Settle> for Probe {
    type Result = ();

    fn handle(&mut self, Settle(settlements): Settle, _: &mut Context<Self>) {
        // A page that a test has looked at comes home as lost.
        let real = settlements.into_iter().filter(|settlement| !matches!(settlement.outcome, Outcome::Lost));
        real.for_each(|settlement| self.0.send(Left::SettlementSender(settlement)).unwrap());
    }
}

struct Rig {
    fetcher: Addr<Fetcher>,
    probe: Addr<Probe>,
    left: UnboundedReceiver<Left>,
    budget: Arc<Budget>,
}

impl Rig {
    fn new(config: Config) -> Self {
        Self::online_while(config, || true)
    }

    /// On a machine that has a network while `is_online` says so.
    fn online_while(config: Config, is_online: fn() -> bool) -> Self {
        let (sender, left) = unbounded_channel();
        let probe = Probe(sender).start();
        let setup = Setup {
            config: Arc::new(config),
            identity: Identity { user_agent: "lycosa/test".to_owned(), ..Identity::default() },
            robots_agent: "lycosa".to_owned(),
            statuses: Arc::new(|status| status / 100 == 2),
            parsers: ParserPool::new(vec![probe.clone().recipient()], Vec::new(), 1 << 20),
            clock: Clock::start(),
            fetchers: 1,
            outside: NetworkContext {
                guard: Arc::new(Guard::new(AllowPrivate::All, Vec::new())),
                names: Default::default(),
                tls: Tls::new(&Default::default()).unwrap(),
                is_online,
            },
            vital: LivenessGuard::new("fetcher", unbounded_channel().0),
        };
        Self { fetcher: Fetcher::new(setup).start(), probe, left, budget: Budget::new(1 << 30) }
    }

    fn lend(&self, request: Request, kind: LeaseKind, last: bool) {
        let lease_id = LeaseId { url: UrlKey::from_request(&request), serial: 0, kind };
        let scope = Arc::new(Scope::new(Default::default()).unwrap());
        let assignment = Assignment { lease_id, request, attempt: 0, last, revisit: 0, scope };
        let home = SettlementSender::new(self.probe.clone().recipient());
        self.fetcher.do_send(Fetch(vec![Lease::new(assignment, home, Reservation::empty(self.budget.clone()))]));
    }

    async fn fetch(&mut self, request: Request) -> Left {
        self.lend(request, LeaseKind::Page, false);
        self.left.recv().await.unwrap()
    }

    async fn page(&mut self, request: Request) -> Fetched {
        match self.fetch(request).await {
            Left::Page(page) => page,
            Left::SettlementSender(settlement) => panic!("{settlement:?}"),
        }
    }

    async fn home(&mut self, request: Request) -> Settlement {
        match self.fetch(request).await {
            Left::Page(page) => panic!("{page:?}"),
            Left::SettlementSender(settlement) => settlement,
        }
    }

    async fn robots(&mut self, url: url::Url) -> (RobotsAnswer, FetchInfo) {
        self.lend(Request::get(url), LeaseKind::Robots, false);
        let Some(Left::SettlementSender(home)) = self.left.recv().await else { panic!("no way home") };
        let Outcome::Robots(answer) = home.outcome else { panic!("{:?}", home.outcome) };
        (answer, home.fetch_info)
    }
}

fn config() -> Config {
    let mut config = Config { max_body: ByteSize(100), ..Config::default() };
    // Long enough for a site that shares its core with everything else.
    config.timeout.first_byte = Duration::from_secs(1);
    config.timeout.idle = Duration::from_secs(1);
    config
}

fn html(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A file that is packed, and says so in the second of two fields.
fn packed(file: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(file).unwrap();
    let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-encoding: gzip\r\n\r\n";
    [head, &*encoder.finish().unwrap()].concat()
}

fn bytes(text: &str) -> Reply {
    Reply::Bytes(text.as_bytes().to_vec())
}

fn reply(path: &str, number: usize) -> Reply {
    match path {
        "/page" => Reply::Bytes(html("<p>hello")),
        "/gzip" => bytes("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x0b\x08"),
        "/hints" => Reply::Bytes([b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", &*html("<p>late")].concat()),
        "/close" => Reply::Last(b"HTTP/1.1 200 OK\r\n\r\nuntil the end".to_vec()),
        "/chunked" => bytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
        "/once" if number > 0 => Reply::Last(Vec::new()),
        "/once" => Reply::Bytes(html("once")),
        "/moved" => bytes("HTTP/1.1 302 Found\r\nLocation: page#top\r\ncontent-length: 2\r\n\r\nxx"),
        "/missing" => bytes("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nxx"),
        "/busy" => bytes("HTTP/1.1 503 No\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n"),
        "/same" => bytes("HTTP/1.1 304 Same\r\ncontent-length: 5\r\n\r\n"),
        "/image" => bytes("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 5\r\n\r\nimage"),
        "/large" => Reply::Bytes(html(&"x".repeat(101))),
        "/growing" => Reply::Last([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 101]].concat()),
        "/hang" => Reply::Hang(Vec::new()),
        "/stall" => Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec()),
        "/cut" => Reply::Last(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec()),
        "/cutchunk" => Reply::Last(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab".to_vec()),
        "/badchunk" => Reply::Last(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab".to_vec()),
        "/reset" => Reply::Reset(Vec::new()),
        "/garbage" => Reply::Last(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()),
        "/wide" => Reply::Last([b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'n'; 70_000]].concat()),
        "/number" => Reply::Bytes(html(&number.to_string())),
        "/odd.txt" => bytes(
            "HTTP/1.1 200 OK\r\ncontent-encoding: utf-8\r\ncontent-length: 27\r\n\r\nUser-agent: *\nDisallow: /no",
        ),
        "/packed.txt" => Reply::Last(packed(b"User-agent: *\nDisallow: /no")),
        "/guarded.txt" => bytes("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:25/x\r\ncontent-length: 0\r\n\r\n"),
        "/robots.txt" => bytes("HTTP/1.1 301 Moved\r\nLocation: /real.txt\r\ncontent-length: 0\r\n\r\n"),
        _ => Reply::Bytes(html(path)),
    }
}

#[actix_rt::test]
async fn a_page_arrives_as_it_was_sent() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    let mut page = rig.page(Request::get(site.url("/page?q=1").join("/page").unwrap()).header("X-Own", "1")).await;
    let response = page.result.unwrap();
    assert_eq!((response.status, &*response.body, response.truncated), (200, &b"<p>hello"[..], false));
    assert_eq!(response.headers.text("content-type"), Some("text/html"));
    assert_eq!(response.address, Some(site.address));
    assert_eq!(page.lease.held().bytes(), 8);
    let fetch_info = page.lease.fetch_info();
    assert_eq!((fetch_info.status, fetch_info.bytes, fetch_info.requests), (Some(200), 8, 1));
    assert!(fetch_info.started.unwrap() <= fetch_info.ended && fetch_info.address == Some(site.address.ip()));
    let request = site.requests().remove(0).to_lowercase();
    let mut lines: Vec<_> = request.lines().collect();
    assert_eq!(lines[..2], ["get /page http/1.1", &*format!("host: {}", site.address)]);
    lines[2..].sort_unstable();
    assert_eq!(
        lines[2..],
        [
            "",
            "accept-encoding: gzip, deflate, br, zstd",
            "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "user-agent: lycosa/test",
            "x-own: 1",
        ]
    );
}

#[actix_rt::test]
async fn every_kind_of_body_ends_where_it_should() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    // On one connection, as far as the answers allow it: none may run into the next.
    for (path, body) in [
        ("/hints", &b"<p>late"[..]),
        ("/page", b"<p>hello"),
        ("/chunked", b"abcdef"),
        ("/gzip", b"\x1f\x0b\x08"),
        ("/number", b"4"),
        ("/close", b"until the end"),
        ("/page", b"<p>hello"),
    ] {
        let page = rig.page(Request::get(site.url(path))).await;
        assert_eq!(page.result.unwrap().body, body, "{path}");
    }
    let page = rig.page(Request::get(site.url("/page")).with_method(Method::Head)).await;
    let response = page.result.unwrap();
    assert_eq!((response.headers.text("content-length"), response.body.len()), (Some("8"), 0));
    assert_eq!(&*rig.page(Request::get(site.url("/other"))).await.result.unwrap().body, b"/other");
}

#[actix_rt::test]
async fn a_kept_connection_that_was_closed_costs_nothing() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    for requests in [1, 2] {
        let mut page = rig.page(Request::get(site.url("/once"))).await;
        assert_eq!((&*page.result.unwrap().body, page.lease.fetch_info().requests), (&b"once"[..], requests));
    }
}

#[actix_rt::test]
async fn connections_are_kept_up_to_the_limits() {
    let ([first, second], mut rig) = ([(); 2].map(|()| Site::start(reply)), Rig::new(Config { idle: 1, ..config() }));
    for site in [&first, &first, &second, &second] {
        rig.page(Request::get(site.url("/page"))).await;
    }
    assert!(first.closes(Duration::from_secs(5)) && !second.closes(Duration::ZERO));
    let mut rig = Rig::new(Config { keep_alive: Duration::ZERO, ..config() });
    rig.page(Request::get(first.url("/page"))).await;
    assert!(first.closes(Duration::from_secs(5)));
    rig.page(Request::get(first.url("/page"))).await;
}

#[actix_rt::test]
async fn what_is_no_page_goes_straight_home() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    let rejected = |rejection: Rejection| format!("{:?}", Outcome::Rejected(rejection));
    for (path, outcome) in [
        ("/missing", rejected(Rejection::Status(404))),
        ("/busy", format!("{:?}", Outcome::Retry(FetchError::Status(503)))),
        ("/same", format!("{:?}", Outcome::NotModified)),
        ("/image", rejected(Rejection::MediaType)),
        ("/large", rejected(Rejection::TooLarge)),
    ] {
        let home = rig.home(Request::get(site.url(path))).await;
        assert_eq!(format!("{:?}", home.outcome), outcome, "{path}");
        assert_eq!(home.fetch_info.retry_after, (path == "/busy").then_some(Duration::from_secs(7)));
        assert_eq!(rig.budget.held(), 0);
    }
    let page = rig.page(Request::get(site.url("/number"))).await;
    assert_eq!(&*page.result.unwrap().body, b"5", "what is short is read, and the connection used again");
    let moved = rig.home(Request::get(site.url("/moved")).label("l")).await;
    let Outcome::Redirected(next) = moved.outcome else { panic!("{moved:?}") };
    assert_eq!((next.url(), next.label_name().map(|label| &**label)), (&site.url("/page"), Some("l")));
    let home = rig.home(Request::get(site.url("/growing"))).await;
    assert!(matches!(home.outcome, Outcome::Rejected(Rejection::TooLarge)));
    let page = rig.page(Request::get(site.url("/missing")).admit_statuses(404..=404)).await;
    assert_eq!(page.result.unwrap().status, 404);
}

#[actix_rt::test]
async fn failures_are_told_apart() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    for (path, error) in [
        ("/hang", "timeout: first_byte"),
        ("/stall", "timeout: idle"),
        ("/cut", "truncated"),
        ("/cutchunk", "truncated"),
        ("/badchunk", "framing: chunk without a size"),
        ("/reset", "reset: "),
        ("/garbage", "framing: invalid HTTP version"),
        ("/wide", "framing: response head is longer than 64 KiB"),
    ] {
        let home = rig.home(Request::get(site.url(path))).await;
        let Outcome::Retry(found) = &home.outcome else { panic!("{path}: {home:?}") };
        assert!(found.to_string().starts_with(error), "{path}: {found}");
        assert!(home.fetch_info.started.is_some());
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let home = rig.home(Request::get(format!("http://{free}/").parse().unwrap())).await;
    assert!(matches!(home.outcome, Outcome::Retry(FetchError::Connect(_))), "{home:?}");
    let tls = format!("https://{}/", site.address).parse().unwrap();
    let home = rig.home(Request::get(tls).timeout(Duration::from_millis(20))).await;
    assert!(home.fetch_info.started.is_none() && matches!(home.outcome, Outcome::Retry(_)), "{home:?}");
    let slow = Request::get(site.url("/hang")).timeout(Duration::from_millis(20));
    let home = rig.home(slow).await;
    assert!(matches!(home.outcome, Outcome::Retry(FetchError::Timeout(Stage::Total))), "{home:?}");
    let bad = rig.page(Request::get(site.url("/")).header("a b", "c")).await;
    assert!(matches!(bad.result, Err(FetchError::Request(_))));
}

#[actix_rt::test]
async fn what_must_not_be_repeated_goes_to_the_errback() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    let page = rig.page(Request::post(site.url("/reset")).form([("a", "b")])).await;
    assert!(matches!(page.result, Err(FetchError::Reset(_))));
    rig.lend(Request::get(site.url("/cut")), LeaseKind::Page, true);
    assert!(matches!(rig.left.recv().await, Some(Left::Page(Fetched { result: Err(FetchError::Truncated), .. }))));
    rig.lend(Request::get(site.url("/busy")), LeaseKind::Page, true);
    let Some(Left::Page(Fetched { result, .. })) = rig.left.recv().await else { panic!("not to a Parser") };
    assert_eq!(result.unwrap_err(), FetchError::Status(503));
}

#[actix_rt::test]
async fn a_form_is_posted() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    rig.page(Request::post(site.url("/post")).query([("q", "1 2")]).form([("a", "b c"), ("d", "é")])).await;
    let request = site.requests().remove(0);
    assert!(request.starts_with("POST /post?q=1+2 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(request.ends_with("\r\n\r\na=b+c&d=%C3%A9"));
}

#[actix_rt::test]
async fn a_cut_body_is_a_page_when_the_configuration_says_so() {
    let site = Site::start(reply);
    let mut rig = Rig::new(Config { over_limit: OverLimit::Truncate, ..config() });
    for path in ["/large", "/growing"] {
        let response = rig.page(Request::get(site.url(path))).await.result.unwrap();
        assert_eq!((response.body.len(), response.truncated), (100, true), "{path}");
    }
}

#[actix_rt::test]
async fn a_full_budget_lets_one_after_the_other_through() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    rig.budget = Budget::new(1);
    for _ in 0..5 {
        rig.lend(Request::get(site.url("/page")), LeaseKind::Page, false);
    }
    let mut pages = Vec::new();
    while pages.len() < 5 {
        let Some(Left::Page(page)) = rig.left.recv().await else { panic!("no page") };
        pages.push(page);
    }
    assert_eq!(rig.budget.held(), 5 * 8);
}

#[actix_rt::test]
async fn proxies_get_the_whole_url_and_their_credentials() {
    let proxy = Site::start(|_, _| Reply::Bytes(html("through")));
    let proxies = vec![format!("http://user:word@{}", proxy.address).as_str().into()];
    let headers = [("Accept".to_owned(), String::new())].into();
    let mut rig = Rig::new(Config { proxies, headers, ..config() });
    let mut page = rig.page(Request::get("http://no.example:81/x?y".parse().unwrap())).await;
    let response = page.result.unwrap();
    assert_eq!((&*response.body, response.address, page.lease.fetch_info().address), (&b"through"[..], None, None));
    let request = proxy.requests().remove(0);
    assert!(request.starts_with("GET http://no.example:81/x?y HTTP/1.1\r\nhost: no.example:81\r\n"), "{request}");
    assert!(request.contains("proxy-authorization: Basic dXNlcjp3b3Jk\r\n"));
    assert!(!request.contains("accept: "));
}

#[actix_rt::test]
async fn robots_is_fetched_within_its_lease() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    for (path, is_reachable, requests) in [
        ("/robots.txt", true, 2),
        ("/missing", true, 1),
        ("/busy", false, 1),
        ("/cut", false, 1),
        // That another address is refused says nothing of the pages of this one.
        ("/guarded.txt", false, 1),
    ] {
        let (answer, fetch_info) = rig.robots(site.url(path)).await;
        assert_eq!(matches!(answer, RobotsAnswer::Rules(_)), is_reachable, "{path}");
        assert_eq!(fetch_info.requests, requests, "{path}");
    }
    let identity = site.requests().iter().filter(|request| request.contains("accept-encoding: identity\r\n")).count();
    assert_eq!(identity, site.requests().len());
}

#[actix_rt::test]
async fn robots_is_read_in_whatever_coding_it_comes() {
    let (site, mut rig) = (Site::start(reply), Rig::new(config()));
    for path in ["/odd.txt", "/packed.txt"] {
        let (answer, _) = rig.robots(site.url(path)).await;
        let RobotsAnswer::Rules(rules) = answer else { panic!("{path}: {answer:?}") };
        assert!(!rules.allows("/no") && rules.allows("/yes"), "{path}");
    }
}
