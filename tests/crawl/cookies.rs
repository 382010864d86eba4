//! Cookies: which request gets which, and redirects that set them.

use lycosa::{HandlerResult, Output, Page, Record, Request};
use serde_json::json;

use crate::{
    harness::{Crawled, config, crawl, crawl_with, echo},
    process,
    site::Site,
};

fn title(page: &Page, out: &mut Output) -> HandlerResult {
    out.record(json!({ "title": page.title() }));
    Ok(())
}

/// Returns the cookies that `/echo` received, one text per record.
fn cookies(crawled: &Crawled) -> Vec<String> {
    let values = crawled.records.iter().map(Record::value);
    let mut all: Vec<_> =
        values.map(|value| value["headers"]["cookie"].as_str().unwrap_or_default().to_owned()).collect();
    all.sort();
    all
}

#[test]
fn a_cookie_of_a_redirect_is_sent_with_the_next_request() {
    let site = Site::start();
    let seed = || [Request::get(site.url("/set-cookie?a=1;%20path=/"))];
    assert_eq!(cookies(&crawl_with(config(""), seed(), |crawler| crawler.otherwise(echo))), ["a=1"]);
    let off = config("[cookies]\nenabled = false");
    assert_eq!(cookies(&crawl_with(off, seed(), |crawler| crawler.otherwise(echo))), [""]);
}

#[test]
fn jars_are_separate_sessions_with_their_own_pages() {
    let site = Site::start();
    let seeds = ["one", "two"].map(|jar| Request::get(site.url(&format!("/set-cookie?id={jar}"))).jar(jar));
    let plain = Request::get(site.url("/echo")).priority(-1);
    let crawled = crawl_with(config(""), seeds.into_iter().chain([plain]), |crawler| crawler.otherwise(echo));
    assert_eq!(cookies(&crawled), ["", "id=one", "id=two"]);
}

#[test]
fn no_cookie_reaches_another_host() {
    let (site, other) = (Site::start(), Site::on(2));
    let seeds = [
        Request::get(site.url("/set-cookie?a=1;%20path=/")),
        Request::get(site.url(&format!("/to?{}", other.url("/echo")))).header("Cookie", "own=1").priority(-1),
    ];
    let crawled = crawl_with(config("[scope]\nkind = \"any\""), seeds, |crawler| crawler.otherwise(echo));
    assert_eq!(cookies(&crawled), ["", "a=1"]);
    assert!(other.visits().iter().all(|visit| visit.header("cookie").is_none()));
    assert_eq!(site.visits_to("/to")[0].header("cookie"), Some("own=1"));
}

#[test]
fn a_redirect_back_with_a_cookie_is_followed_once() {
    let site = Site::start();
    let crawled = crawl_with(config(""), [Request::get(site.url("/cookie-wall"))], |crawler| crawler.otherwise(title));
    assert_eq!(crawled.fields("title"), ["/cookie-wall"]);
    assert_ne!(crawled.records[0].id().revisit, 0);
    assert_eq!(site.visits_to("/cookie-wall").len(), 2);
}

#[test]
fn a_redirect_of_a_form_fetches_a_known_page_again() {
    let site = Site::start();
    let home = Request::get(site.url("/")).priority(9);
    let forms = ["a", "b"].map(|name| Request::post(site.url("/form")).form([("name", name)]));
    let link = Request::get(site.url("/to?/"));
    let seeds = [home, link].into_iter().chain(forms);
    let crawled = crawl_with(config("[politeness]\nhost_concurrency = 1"), seeds, |crawler| crawler.otherwise(title));
    assert_eq!(crawled.records.len(), 3, "the page itself, and once for each form");
    assert_eq!((crawled.report.balance.redirected, crawled.report.balance.duplicates), (3, 1));
}

#[test]
fn a_cookie_file_is_read_at_the_start() {
    let site = Site::start();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "127.0.0.1\tFALSE\t/\tFALSE\t0\tfrom\tfile\n").unwrap();
    let lines = format!("[cookies]\nfile = {:?}", file.path());
    let crawled = crawl_with(config(&lines), [Request::get(site.url("/echo"))], |crawler| crawler.otherwise(echo));
    assert_eq!(cookies(&crawled), ["from=file"]);
    let missing = config("[cookies]\nfile = \"no/such/file\"");
    let run = lycosa::Crawler::new(missing).run();
    let error = actix_rt::System::new().block_on(run).unwrap_err().to_string();
    assert!(error.starts_with("no/such/file: "), "{error}");
    assert_eq!(crawl(config(""), [site.url("/echo")]).records.len(), 1);
}

#[test]
fn a_session_outlives_the_process() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    // The login has the first turn, then come pages that take a while.
    let start = || {
        let pages = site.url("/links?n=120&to=/slow%3Fms=50%26page=");
        let more = ["--state", "state", pages.as_str()];
        process::crawl(&site, "/set-cookie?sid=1;%20path=/", folder.path(), &more)
    };
    let crawler = start();
    process::wait_for("a commit behind the login", || (site.page_arrivals().len() > 50).then_some(()));
    process::signal(&crawler, "KILL");
    process::end_of(crawler);
    let before = site.visits().len();
    assert_eq!(process::end_of(start()).code(), Some(0), "{}", process::log(folder.path()));
    assert_eq!(site.visits_to("/set-cookie").len(), 1);
    let later = site.visits().split_off(before);
    let cookies: Vec<_> =
        later.iter().filter(|visit| visit.target != "/robots.txt").map(|visit| visit.header("cookie")).collect();
    assert!(cookies.len() > 10 && cookies.iter().all(|cookie| *cookie == Some("sid=1")), "{cookies:?}");
}
