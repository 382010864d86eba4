//! The actor, with probes for Sink and Scheduler.

use actix::{Context, Message};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::{
    base::time::Mono,
    failure::{FetchError, Rejection},
    frontier::{
        assignment::LeaseId,
        scope::{self, Scope, discovery},
    },
    http::{
        request::Request,
        response::{Headers, Response},
    },
    keys::UrlKey,
    messages::lease::{Assignment, LeaseKind, Settle, Settlement, SettlementSender, VisitPurpose},
    outcome::Outcome,
    runtime::budget::{Budget, Reservation},
};

/// Sends every message to the test.
struct Probe<M>(UnboundedSender<M>);

impl<M: Unpin + 'static> Actor for Probe<M> {
    type Context = Context<Self>;
}

impl<M: Message<Result = ()> + Unpin + 'static> actix::Handler<M> for Probe<M> {
    type Result = ();

    fn handle(&mut self, message: M, _: &mut Context<Self>) {
        self.0.send(message).ok();
    }
}

struct TestParser {
    parser: actix::Addr<Parser>,
    settlement_sender: SettlementSender,
    scope: Arc<Scope>,
    budget: Arc<Budget>,
    gauges: Gauges,
    exports: UnboundedReceiver<Export>,
    settled: UnboundedReceiver<Settle>,
}

fn test_parser(config: Config, routes: Routes) -> TestParser {
    let (to_exports, exports) = unbounded_channel();
    let (to_settled, settled) = unbounded_channel();
    let (to_deaths, _) = unbounded_channel();
    let gauges = Gauges::default();
    let parser = Parser::new(Setup {
        robots_policy: RobotsDirectivePolicy::default(),
        refreshes: Refreshes::default(),
        statuses: Statuses::new(&config.statuses).unwrap(),
        config: Arc::new(config),
        max_body: ByteSize(1 << 20),
        over_limit: OverLimit::Reject,
        router: Arc::new(routes.build(&discovery::Config::default()).ok().unwrap()),
        sink: Probe(to_exports).start().recipient(),
        gauges: gauges.clone(),
        crash_guard: None,
        liveness: LivenessGuard::new("parser", to_deaths),
    });
    let settlement_sender =
        SettlementSender::new(Probe(to_settled).start().recipient(), Probe(unbounded_channel().0).start().recipient());
    let mut scope = Scope::new(scope::Config::default()).unwrap();
    scope.add_seed(&"http://a.example/".parse().unwrap());
    let budget = Budget::new(1 << 20);
    TestParser { parser: parser.start(), settlement_sender, scope: Arc::new(scope), budget, gauges, exports, settled }
}

impl TestParser {
    fn lease(&self, request: Request) -> Lease {
        let lease_id = LeaseId { url: UrlKey::from_request(&request), serial: 1, kind: LeaseKind::Page };
        let assignment = Assignment {
            lease_id,
            request,
            attempt: 0,
            last: false,
            revisit: 7,
            purpose: VisitPurpose::Page,
            patience: None,
            scope: self.scope.clone(),
        };
        Lease::new(assignment, self.settlement_sender.clone(), Reservation::empty(self.budget.clone()))
    }

    fn parse(&self, request: Request, result: Result<Response, FetchError>) {
        self.parser.do_send(Parse(vec![Fetched { lease: self.lease(request), result }]));
    }

    async fn settlement(&mut self) -> Settlement {
        self.settled.recv().await.unwrap().0.remove(0)
    }

    async fn export(&mut self) -> Parsed {
        self.exports.recv().await.unwrap().0.remove(0)
    }
}

fn request(path: &str) -> Request {
    Request::get(format!("http://a.example{path}").parse().unwrap())
}

fn response(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut headers = Headers::default();
    headers.push("content-type", Bytes::copy_from_slice(content_type.as_bytes()));
    let (started, ended) = (Mono(0), Mono(0));
    Response { status, headers, body: body.into(), truncated: false, address: None, started, ended }
}

fn html(body: &'static str) -> Response {
    response(200, "text/html", body)
}

#[actix_rt::test]
async fn without_handlers_a_page_is_a_record_and_its_links() {
    let mut parser = test_parser(Config::default(), Routes::default());
    let body = "<title> A  page</title><a href=x><a href=x#y><a href=//b.example/><area href=z><a>";
    parser.parse(request("/p").depth(2).label("l"), Ok(html(body)));
    let mut parsed = parser.export().await;
    let record = &parsed.records[0];
    let expected = r#"{"url":"http://a.example/p","status":200,"title":"A page","depth":2,"links":4}"#;
    assert_eq!(std::str::from_utf8(record.json()).unwrap(), expected);
    assert_eq!((record.url(), record.label(), record.id().revisit), ("http://a.example/p", Some("l"), 7));
    let findings = parsed.lease.findings();
    let paths: Vec<_> = findings.outlinks.iter().map(|outlink| outlink.request.url().path()).collect();
    assert_eq!((paths, findings.repeats, findings.refused.total(), findings.records), (vec!["/x", "/z"], 1, 1, 1));
    assert_eq!((parser.budget.held(), parser.gauges.parser.get()), (parsed.lease.held().bytes(), 1));
    assert!(matches!(parsed.outcome, Outcome::Done));

    parser.parse(request("/feed"), Ok(response(200, "application/json", r#"{"a": "<a href=x>"}"#)));
    let mut parsed = parser.export().await;
    assert_eq!(parsed.records[0].value()["links"], json!(0));
    assert!(parsed.lease.findings().outlinks.is_empty());
}

#[actix_rt::test]
async fn a_rejected_page_has_no_output() {
    let mut routes = Routes::default();
    routes.on("error", |page: &Page, out: &mut Output| -> HandlerResult {
        out.record(1);
        out.follow(page.link("a"));
        Err("so said the handler".into())
    });
    routes.on("panic", |_: &Page, out: &mut Output| -> HandlerResult {
        out.record(1);
        panic!("at the {}", "disco")
    });
    routes.on("flood", |_: &Page, out: &mut Output| -> HandlerResult {
        (0..100).for_each(|number| out.record(number));
        Ok(())
    });
    routes.on("quiet", |page: &Page, out: &mut Output| -> HandlerResult {
        out.follow(page.link("a"));
        Ok(())
    });
    let mut parser = test_parser(Config { max_output: ByteSize(50), ..Config::default() }, routes);
    let gzip = |mut response: Response| {
        response.headers.push("content-encoding", Bytes::from_static(b"gzip"));
        response
    };
    let too_large = response(200, "text/html", vec![b' '; (1 << 20) + 1]);
    let many = "records exceed `parser.max_output`";
    for (label, response, rejection) in [
        ("error", html("<a href=x>"), Rejection::HandlerError("so said the handler".into())),
        ("panic", html("<a href=x>"), Rejection::HandlerPanic("at the disco".into())),
        ("flood", html("<a href=x>"), Rejection::HandlerError(many.into())),
        ("other", html("<a href=x>"), Rejection::NoHandler),
        ("quiet", response(404, "text/html", "<a href=x>"), Rejection::Status(404)),
        ("quiet", gzip(html("<a href=x>")), Rejection::Encoding),
        ("quiet", too_large, Rejection::TooLarge),
    ] {
        parser.parse(request("/").label(label), Ok(response));
        let settlement = parser.settlement().await;
        assert!(matches!(&settlement.outcome, Outcome::Rejected(is) if *is == rejection), "{:?}", settlement.outcome);
        assert_eq!((settlement.findings.outlinks.len(), settlement.findings.records), (0, 0), "{label}");
    }
    parser.parse(request("/").label("quiet").admit_statuses(404..=404), Ok(response(404, "text/html", "<a href=x>")));
    let settlement = parser.settlement().await;
    assert!(matches!(settlement.outcome, Outcome::Done));
    assert_eq!(settlement.findings.outlinks.len(), 1);
    assert_eq!((parser.budget.held(), parser.gauges.parser.get()), (0, 0));
}

#[actix_rt::test]
async fn failures_reach_the_error_handler() {
    let mut routes = Routes::default();
    routes.on_error(|failure: &Failure, out: &mut Output| -> HandlerResult {
        match failure.request().url().path() {
            "/panic" => panic!("again"),
            "/error" => Err("no".into()),
            path => {
                out.record(json!({"failed": path, "why": failure.error().kind()}));
                out.follow("mirror");
                Ok(())
            }
        }
    });
    let mut parser = test_parser(Config::default(), routes);
    parser.parse(request("/x"), Err(FetchError::Truncated));
    let mut parsed = parser.export().await;
    assert!(matches!(parsed.outcome, Outcome::Rejected(Rejection::GaveUp(FetchError::Truncated))));
    assert_eq!(parsed.records[0].value(), json!({"failed": "/x", "why": "truncated"}));
    assert_eq!(parsed.lease.findings().outlinks[0].request.url().path(), "/mirror");
    for path in ["/panic", "/error"] {
        parser.parse(request(path), Err(FetchError::Truncated));
        assert!(matches!(parser.settlement().await.outcome, Outcome::Rejected(Rejection::GaveUp(_))), "{path}");
    }
}

#[actix_rt::test]
async fn above_the_memory_limit_it_waits_only_for_the_sink() {
    let mut parser = test_parser(Config::default(), Routes::default());
    let mut full = Reservation::empty(parser.budget.clone());
    full.set(1 << 20);
    parser.parse(request("/1"), Ok(html("")));
    parser.export().await;

    let with_sink = parser.gauges.sink.enter();
    parser.parse(request("/2"), Ok(html("")));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(parser.exports.try_recv().is_err());
    drop(full);
    parser.export().await;
    drop(with_sink);
}

#[actix_rt::test]
async fn queued_leases_are_returned_when_it_stops() {
    let TestParser { parser, settlement_sender, scope, budget, gauges, exports, mut settled } =
        test_parser(Config::default(), Routes::default());
    let mut full = Reservation::empty(budget.clone());
    full.set(1 << 20);
    let with_sink = gauges.sink.enter();
    let running =
        TestParser { parser, settlement_sender, scope, budget, gauges, exports, settled: unbounded_channel().1 };
    for path in ["/1", "/2", "/3"] {
        running.parse(request(path), Ok(html("")));
    }
    let (parser, gauge) = (running.parser.clone(), running.gauges.parser.clone());
    while gauge.get() < 3 {
        tokio::task::yield_now().await;
    }
    drop((running, parser));
    for _ in 0..2 {
        assert!(matches!(settled.recv().await.unwrap().0[0].outcome, Outcome::Lost));
    }
    drop((full, with_sink));
}

/// Handlers of the example in the documentation.
fn quotes(page: &Page, out: &mut Output) -> HandlerResult {
    for quote in page.select(".quote") {
        out.record(json!({ "text": quote.text(".text"), "by": quote.text(".author") }));
        out.follow(quote.link("a[href^='/author']")).label("author");
    }
    out.follow(page.link("li.next a"));
    Ok(())
}

#[test]
fn the_example_of_the_documentation_works() {
    let html = "<div class=quote><span class=text>“Yes.”</span> by <i class=author>A. B.</i> <a href=/author/ab>(about)</a></div>\
                <div class=quote><span class=text>“No.”</span></div><ul><li class=next><a href=/page/2/>Next</a></ul>";
    let page = Page::for_test("http://a.example/".parse().unwrap(), "text/html; charset=utf-8", html);
    let mut out = Output::for_test(&page);
    quotes(&page, &mut out).unwrap();
    let records: Vec<_> = out.records().collect();
    assert_eq!(records, [json!({"text": "“Yes.”", "by": "A. B."}), json!({"text": "“No.”", "by": ""})]);
    let requests: Vec<_> =
        out.requests().map(|request| (request.url().path(), request.label_name().map(|l| &**l))).collect();
    assert_eq!(requests, [("/author/ab", Some("author")), ("/page/2/", None)]);
    let mut routes = Routes::default();
    routes.otherwise(quotes);
    routes.on("author", |_: &Page, _: &mut Output| -> HandlerResult { Ok(()) });
    assert!(routes.build(&discovery::Config::default()).is_ok());
}
