//! The actor, between a Sink and a Scheduler made up.

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
        scope::{self, Scope},
    },
    http::{
        request::Request,
        response::{Headers, Response},
    },
    keys::UrlKey,
    messages::lease::{Assignment, LeaseKind, Settle, Settlement, SettlementSender},
    outcome::Outcome,
    runtime::budget::{Budget, Reservation},
};

/// Passes what it is sent to the test.
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

struct Stage {
    parser: actix::Addr<Parser>,
    settlement_sender: SettlementSender,
    scope: Arc<Scope>,
    budget: Arc<Budget>,
    gauges: Gauges,
    exports: UnboundedReceiver<Export>,
    settled: UnboundedReceiver<Settle>,
}

fn stage(config: Config, routes: Routes) -> Stage {
    let (to_exports, exports) = unbounded_channel();
    let (to_settled, settled) = unbounded_channel();
    let (to_deaths, _) = unbounded_channel();
    let gauges = Gauges::default();
    let parser = Parser::new(Setup {
        manners: RobotsDirectivePolicy::default(),
        refreshes: Refreshes::default(),
        discovery: Discovery::default(),
        statuses: Statuses::new(&config.statuses).unwrap(),
        config,
        max_body: ByteSize(1 << 20),
        over_limit: OverLimit::Reject,
        router: Arc::new(routes.build().ok().unwrap()),
        sink: Probe(to_exports).start().recipient(),
        gauges: gauges.clone(),
        parsing: None,
        vital: LivenessGuard::new("parser", to_deaths),
    });
    let settlement_sender = SettlementSender::new(Probe(to_settled).start().recipient());
    let mut scope = Scope::new(scope::Config::default()).unwrap();
    scope.add_seed(&"http://a.example/".parse().unwrap());
    let budget = Budget::new(1 << 20);
    Stage { parser: parser.start(), settlement_sender, scope: Arc::new(scope), budget, gauges, exports, settled }
}

impl Stage {
    fn lease(&self, request: Request) -> Lease {
        let lease_id = LeaseId { url: UrlKey::of(&request), serial: 1, kind: LeaseKind::Page };
        let assignment =
            Assignment { lease_id, request, attempt: 0, last: false, revisit: 7, scope: self.scope.clone() };
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

fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut headers = Headers::default();
    headers.push("content-type", Bytes::copy_from_slice(content_type.as_bytes()));
    let (started, ended) = (Mono(0), Mono(0));
    Response { status, headers, body: body.into(), truncated: false, address: None, started, ended }
}

fn html(body: &'static str) -> Response {
    answer(200, "text/html", body)
}

#[actix_rt::test]
async fn without_handlers_a_page_is_a_record_and_its_links() {
    let mut stage = stage(Config::default(), Routes::default());
    let body = "<title> A  page</title><a href=x><a href=x#y><a href=//b.example/><area href=z><a>";
    stage.parse(request("/p").depth(2).label("l"), Ok(html(body)));
    let mut parsed = stage.export().await;
    let record = &parsed.records[0];
    let expected = r#"{"url":"http://a.example/p","status":200,"title":"A page","depth":2,"links":3}"#;
    assert_eq!(std::str::from_utf8(record.json()).unwrap(), expected);
    assert_eq!((record.url(), record.label(), record.id().revisit), ("http://a.example/p", Some("l"), 7));
    let findings = parsed.lease.findings();
    let paths: Vec<_> = findings.outlinks.iter().map(|outlink| outlink.request.url().path()).collect();
    assert_eq!((paths, findings.repeats, findings.refused.total(), findings.records), (vec!["/x", "/z"], 1, 1, 1));
    assert_eq!((stage.budget.held(), stage.gauges.parser.get()), (parsed.lease.held().bytes(), 1));
    assert!(matches!(parsed.outcome, Outcome::Done));

    stage.parse(request("/feed"), Ok(answer(200, "application/json", r#"{"a": "<a href=x>"}"#)));
    let mut parsed = stage.export().await;
    assert_eq!(parsed.records[0].value()["links"], json!(0));
    assert!(parsed.lease.findings().outlinks.is_empty());
}

#[actix_rt::test]
async fn a_page_that_goes_wrong_gives_nothing() {
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
    let mut stage = stage(Config { max_output: ByteSize(50), ..Config::default() }, routes);
    let gzip = |mut response: Response| {
        response.headers.push("content-encoding", Bytes::from_static(b"gzip"));
        response
    };
    let huge = answer(200, "text/html", vec![b' '; (1 << 20) + 1]);
    let many = "more output than parser.max_output";
    for (label, response, rejection) in [
        ("error", html("<a href=x>"), Rejection::HandlerError("so said the handler".into())),
        ("panic", html("<a href=x>"), Rejection::HandlerPanic("at the disco".into())),
        ("flood", html("<a href=x>"), Rejection::HandlerError(many.into())),
        ("other", html("<a href=x>"), Rejection::NoHandler),
        ("quiet", answer(404, "text/html", "<a href=x>"), Rejection::Status(404)),
        ("quiet", gzip(html("<a href=x>")), Rejection::Encoding),
        ("quiet", huge, Rejection::TooLarge),
    ] {
        stage.parse(request("/").label(label), Ok(response));
        let settlement = stage.settlement().await;
        assert!(matches!(&settlement.outcome, Outcome::Rejected(is) if *is == rejection), "{:?}", settlement.outcome);
        assert_eq!((settlement.findings.outlinks.len(), settlement.findings.records), (0, 0), "{label}");
    }
    stage.parse(request("/").label("quiet").admit_statuses(404..=404), Ok(answer(404, "text/html", "<a href=x>")));
    let settlement = stage.settlement().await;
    assert!(matches!(settlement.outcome, Outcome::Done));
    assert_eq!(settlement.findings.outlinks.len(), 1);
    assert_eq!((stage.budget.held(), stage.gauges.parser.get()), (0, 0));
}

#[actix_rt::test]
async fn a_failure_goes_through_the_errback() {
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
    let mut stage = stage(Config::default(), routes);
    stage.parse(request("/x"), Err(FetchError::Truncated));
    let mut parsed = stage.export().await;
    assert!(matches!(parsed.outcome, Outcome::Rejected(Rejection::GaveUp(FetchError::Truncated))));
    assert_eq!(parsed.records[0].value(), json!({"failed": "/x", "why": "truncated"}));
    assert_eq!(parsed.lease.findings().outlinks[0].request.url().path(), "/mirror");
    for path in ["/panic", "/error"] {
        stage.parse(request(path), Err(FetchError::Truncated));
        assert!(matches!(stage.settlement().await.outcome, Outcome::Rejected(Rejection::GaveUp(_))), "{path}");
    }
}

#[actix_rt::test]
async fn over_the_limit_it_waits_for_the_sink_only() {
    let mut stage = stage(Config::default(), Routes::default());
    let mut full = Reservation::empty(stage.budget.clone());
    full.set(1 << 20);
    stage.parse(request("/1"), Ok(html("")));
    stage.export().await;

    let with_sink = stage.gauges.sink.enter();
    stage.parse(request("/2"), Ok(html("")));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(stage.exports.try_recv().is_err());
    drop(full);
    stage.export().await;
    drop(with_sink);
}

#[actix_rt::test]
async fn what_is_queued_when_it_stops_comes_home() {
    let Stage { parser, settlement_sender, scope, budget, gauges, exports, mut settled } =
        stage(Config::default(), Routes::default());
    let mut full = Reservation::empty(budget.clone());
    full.set(1 << 20);
    let with_sink = gauges.sink.enter();
    let stage = Stage { parser, settlement_sender, scope, budget, gauges, exports, settled: unbounded_channel().1 };
    for path in ["/1", "/2", "/3"] {
        stage.parse(request(path), Ok(html("")));
    }
    let (parser, gauge) = (stage.parser.clone(), stage.gauges.parser.clone());
    while gauge.get() < 3 {
        tokio::task::yield_now().await;
    }
    drop((stage, parser));
    for _ in 0..2 {
        assert!(matches!(settled.recv().await.unwrap().0[0].outcome, Outcome::Lost));
    }
    drop((full, with_sink));
}

/// The handlers of the documentation's example.
fn quotes(page: &Page, out: &mut Output) -> HandlerResult {
    for quote in page.select(".quote") {
        out.record(json!({ "text": quote.text(".text"), "by": quote.text(".author") }));
        out.follow(quote.link("a[href^='/author']")).label("author");
    }
    out.follow(page.link("li.next a"));
    Ok(())
}

#[test]
fn the_example_does_what_it_says() {
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
    assert!(routes.build().is_ok());
}
