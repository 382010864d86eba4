//! Pages: bodies, decisions by the head, forms.

use super::*;

#[actix_rt::test]
async fn a_page_arrives_unchanged() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    let mut page = fetcher.page(Request::get(site.url("/page")).header("X-Own", "1")).await;
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
async fn bodies_of_every_framing_are_read() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    // On one connection, as far as the responses allow it: no body may run into the next response.
    for (path, body) in [
        ("/hints", &b"<p>late"[..]),
        ("/page", b"<p>hello"),
        ("/chunked", b"abcdef"),
        ("/gzip", b"\x1f\x0b\x08"),
        ("/number", b"4"),
        ("/close", b"until the end"),
        ("/page", b"<p>hello"),
    ] {
        let page = fetcher.page(Request::get(site.url(path))).await;
        assert_eq!(page.result.unwrap().body, body, "{path}");
    }
    let page = fetcher.page(Request::get(site.url("/page")).with_method(Method::Head)).await;
    let response = page.result.unwrap();
    assert_eq!((response.headers.text("content-length"), response.body.len()), (Some("8"), 0));
    assert_eq!(&*fetcher.page(Request::get(site.url("/other"))).await.result.unwrap().body, b"/other");
}

#[actix_rt::test]
async fn responses_that_are_not_pages_are_settled() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    let rejected = |rejection: Rejection| format!("{:?}", Outcome::Rejected(rejection));
    for (path, outcome) in [
        ("/missing", rejected(Rejection::Status(404))),
        ("/busy", format!("{:?}", Outcome::Retry(FetchError::Status(503)))),
        ("/same", format!("{:?}", Outcome::NotModified)),
        ("/image", rejected(Rejection::MediaType)),
        ("/pdf", rejected(Rejection::MediaType)),
        ("/binary", rejected(Rejection::MediaType)),
        ("/large", rejected(Rejection::TooLarge)),
    ] {
        let settlement = fetcher.settlement(Request::get(site.url(path))).await;
        assert_eq!(format!("{:?}", settlement.outcome), outcome, "{path}");
        assert_eq!(settlement.fetch_info.retry_after, (path == "/busy").then_some(Duration::from_secs(7)));
        assert_eq!(fetcher.budget.held(), 0);
    }
    let page = fetcher.page(Request::get(site.url("/number"))).await;
    assert_eq!(&*page.result.unwrap().body, b"7", "a short body is drained, and the connection is used again");
    let endless = fetcher.settlement(Request::get(site.url("/endless-pdf"))).await;
    assert_eq!(format!("{:?}", endless.outcome), rejected(Rejection::MediaType), "its start decides, not its length");
    let moved = fetcher.settlement(Request::get(site.url("/moved")).label("l")).await;
    let Outcome::Redirected(next) = moved.outcome else { panic!("{moved:?}") };
    assert_eq!((next.url(), next.label_name().map(|label| &**label)), (&site.url("/page"), Some("l")));
    let settlement = fetcher.settlement(Request::get(site.url("/growing"))).await;
    assert!(matches!(settlement.outcome, Outcome::Rejected(Rejection::TooLarge)));
    let page = fetcher.page(Request::get(site.url("/missing")).admit_statuses(404..=404)).await;
    assert_eq!(page.result.unwrap().status, 404);
}

#[actix_rt::test]
async fn a_form_is_posted() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    fetcher.page(Request::post(site.url("/post")).query([("q", "1 2")]).form([("a", "b c"), ("d", "é")])).await;
    let request = site.requests().remove(0);
    assert!(request.starts_with("POST /post?q=1+2 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(request.ends_with("\r\n\r\na=b+c&d=%C3%A9"));
}

#[actix_rt::test]
async fn a_cut_body_is_a_page_with_truncate() {
    let site = Site::start(reply);
    let mut fetcher = TestFetcher::new(Config { over_limit: OverLimit::Truncate, ..config() });
    for path in ["/large", "/growing"] {
        let response = fetcher.page(Request::get(site.url(path))).await.result.unwrap();
        assert_eq!((response.body.len(), response.truncated), (100, true), "{path}");
    }
}
