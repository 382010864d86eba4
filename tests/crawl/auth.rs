//! Credentials: each reaches its own origin, and nobody else.

use lycosa::{HandlerResult, Output, Page, Request};
use serde_json::{Value, json};

use crate::{
    harness::{config, crawl_with},
    site::{Options, Site},
};

fn echo(page: &Page, out: &mut Output) -> HandlerResult {
    let said = page.json::<Value>().unwrap_or_else(|_| json!({ "title": page.title() }));
    out.record(said);
    Ok(())
}

#[test]
fn each_kind_opens_its_door() {
    for (kind, keys, path) in [
        ("basic", "user = \"wolf\"\npassword = \"a b\"", "/basic"),
        ("digest", "user = \"wolf\"\npassword = \"a b\"", "/digest"),
        ("bearer", "token = \"t0ken\"", "/bearer"),
    ] {
        let site = Site::start();
        let lines = format!("[[auth]]\norigin = \"{}\"\ntype = \"{kind}\"\n{keys}", site.url(""));
        let seeds = [path, &format!("{path}?again")].map(|path| Request::get(site.url(path)));
        let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(echo));
        assert_eq!(crawled.fields("title"), [path, path], "{kind}");

        let wrong = lines.replace("a b", "b a").replace("t0ken", "other");
        let crawled = crawl_with(config(&wrong), [Request::get(site.url(path))], |crawler| crawler.otherwise(echo));
        assert_eq!((crawled.records.len(), crawled.report.balance.rejected), (0, 1), "{kind}");
    }
}

#[test]
fn a_challenge_is_answered_beforehand_once_it_is_known() {
    let site = Site::start();
    let seeds = (0..5).map(|i| Request::get(site.url(&format!("/digest?{i}"))));
    let config = config(&format!("{}\n[runtime]\nworkers = 1\n[scheduler]\nmax_in_flight = 1", known(&site, "digest")));
    let crawled = crawl_with(config, seeds, |crawler| crawler.otherwise(echo));
    assert_eq!((crawled.records.len(), site.visits_to("/digest").len()), (5, 6));
}

fn known(site: &Site, kind: &str) -> String {
    format!("[[auth]]\norigin = \"{}\"\ntype = \"{kind}\"\nuser = \"wolf\"\npassword = \"a b\"", site.url(""))
}

/// Doors that take no answer twice, some of which want a new nonce for each page: see `site/door.rs`.
#[test]
fn digest_answers_at_the_same_time_do_not_get_into_each_others_way() {
    for path in ["/digest", "/digest-once", "/digest-next", "/digest-closing"] {
        let site = Site::start();
        let seeds = (0..12).map(|i| Request::get(site.url(&format!("{path}?{i}"))));
        let lines = format!("{}\n[politeness]\nhost_concurrency = 4\n[retry]\ntimes = 0", known(&site, "digest"));
        let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(echo));
        assert_eq!(crawled.fields("title"), [path; 12], "{path}");
    }
}

#[test]
fn the_next_nonce_is_told_beforehand() {
    let site = Site::start();
    let seeds = (0..5).map(|i| Request::get(site.url(&format!("/digest-next?{i}"))));
    let lines = format!("{}\n[politeness]\nhost_concurrency = 1", known(&site, "digest"));
    let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(echo));
    assert_eq!((crawled.records.len(), site.visits_to("/digest").len()), (5, 6));
}

/// Nobody whom the crawl meets chooses who it is.
#[test]
fn user_and_password_in_what_a_page_says_are_left_out() {
    let site = Site::start();
    let evil = |number: u32| site.url(&format!("/basic?{number}")).to_string().replacen("://", "://evil:x@", 1);
    let seeds = [
        format!("/html?<base href='{}'><a href='{}'>a</a>", evil(0), evil(1)),
        format!("/refreshed?0; url={}", evil(2)),
        format!("/to?{}", evil(3)),
    ];
    let lines = format!("{}\n[parser]\nrefresh = \"follow\"", known(&site, "basic"));
    let seeds = seeds.map(|path| Request::get(site.url(&path)));
    let crawled = crawl_with(config(&lines), seeds, |crawler| crawler);
    let wanted = (1..4).map(|number| site.url(&format!("/basic?{number}")).to_string());
    assert!(wanted.clone().all(|url| crawled.urls().contains(&url)), "{:?}", crawled.urls());
    assert_eq!(crawled.report.balance.rejected, 0);
}

#[test]
fn user_and_password_in_a_url_are_sent_and_shown_to_nobody() {
    let site = Site::start();
    let mut seed = site.url("/basic");
    seed.set_username("wolf").unwrap();
    seed.set_password(Some("a b")).unwrap();
    let crawled = crawl_with(config(""), [Request::get(seed)], |crawler| crawler.otherwise(echo));
    assert_eq!(crawled.urls(), [site.url("/basic").to_string()].into());
    assert_eq!(crawled.fields("title"), ["/basic"]);
}

/// Away, and back again, and away from there: from the other side.
#[test]
fn no_secret_follows_a_redirect_to_another_origin_or_comes_back() {
    let (site, other, third) = (Site::start(), Site::on(2), Site::start());
    let back = other.url(&format!("/to?{}", site.url(&format!("/to?{}", third.url("/echo")))));
    let lines = "[scope]\nkind = \"any\"\n[fetcher]\nsecret_headers = [\"X-Key\"]\n\
                 headers = { \"X-Key\" = \"configured\", \"X-Open\" = \"1\", \"Proxy-Authorization\" = \"p\" }";
    let seed = Request::get(site.url(&format!("/to?{back}")))
        .header("Authorization", "secret")
        .header("Cookie", "secret=1")
        .header("Host", "intra.example")
        .header("x-key", "secret");
    let crawled = crawl_with(config(lines), [seed], |crawler| crawler.otherwise(echo));
    assert_eq!(crawled.urls(), [third.url("/echo").to_string()].into());

    let secrets = ["authorization", "cookie", "x-key"];
    let pages =
        |site: &Site| site.visits().into_iter().filter(|visit| visit.target != "/robots.txt").collect::<Vec<_>>();
    let first = &pages(&site)[0];
    assert!(secrets.iter().all(|name| first.header(name).is_some()), "{first:?}");
    // Meant for a proxy, so no server ever gets it.
    assert!(first.header("proxy-authorization").is_none(), "{first:?}");
    assert_eq!(first.header("host"), Some("intra.example"));
    let later = [(&other, pages(&other)), (&site, pages(&site).split_off(1)), (&third, pages(&third))];
    assert_eq!(later.each_ref().map(|(_, visits)| visits.len()), [1; 3]);
    for (host, visit) in later.iter().flat_map(|(site, visits)| visits.iter().map(|visit| (site.url(""), visit))) {
        assert_eq!(visit.header("host"), Some(host.authority()), "{visit:?}");
        assert!(secrets.iter().all(|name| visit.header(name).is_none()), "{visit:?}");
        assert!(visit.header("proxy-authorization").is_none(), "{visit:?}");
        assert_eq!(visit.header("x-open"), Some("1"));
    }
}

#[test]
fn a_proxys_credentials_are_for_the_proxy_and_the_targets_for_the_target() {
    let proxy = Site::with(Options { proxy: Some("wolf:a b"), ..Options::default() });
    let lines = format!(
        "[fetcher]\nproxies = [\"http://wolf:a%20b@127.0.0.1:{}\"]\n\
         [[auth]]\norigin = \"http://behind.test\"\ntype = \"basic\"\nuser = \"u\"\npassword = \"p\"",
        proxy.port()
    );
    let seeds = ["http://behind.test/echo", "http://elsewhere.test/echo"].map(|url| Request::get(url.parse().unwrap()));
    let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(echo));
    let mut told: Vec<_> = crawled
        .records
        .iter()
        .map(|record| (record.url().to_owned(), record.value()["headers"]["authorization"].clone()))
        .collect();
    told.sort_by_key(|(url, _)| url.clone());
    assert_eq!(
        told,
        [
            ("http://behind.test/echo".to_owned(), json!("Basic dTpw")),
            ("http://elsewhere.test/echo".to_owned(), json!(null))
        ]
    );
}

#[test]
fn a_netrc_opens_its_hosts_until_a_redirect_leads_elsewhere() {
    let (site, other) = (Site::start(), Site::start());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "machine 127.0.0.1 login wolf password \"a_b\"\n").unwrap();
    let lines = format!("[scope]\nkind = \"any\"\n[fetcher]\nnetrc = {:?}", file.path());
    let told = |path: String| {
        let crawled = crawl_with(config(&lines), [Request::get(site.url(&path))], |crawler| crawler.otherwise(echo));
        crawled.fields("headers").into_iter().map(|headers| headers["authorization"].clone()).collect::<Vec<_>>()
    };
    let secret = "Basic d29sZjphX2I=";
    assert_eq!(told("/echo".into()), [secret]);
    assert_eq!(told("/to?/echo".into()), [secret]);
    assert_eq!(told(format!("/to?{}", other.url("/echo"))), [json!(null)]);
    assert_eq!(told(format!("/to?{}", other.url(&format!("/to?{}", site.url("/echo?back"))))), [json!(null)]);
    assert!(
        other.visits().iter().all(|visit| visit.header("authorization").is_none() || visit.target == "/robots.txt")
    );

    // A link is no redirect: a file that names hosts means all of their ports.
    let page = site.url(&format!("/links?n=1&to={}", other.url("/echo?linked")));
    crawl_with(config(&lines), [Request::get(page)], |crawler| crawler);
    assert_eq!(other.visits_to("/echo?linked")[0].header("authorization"), Some(secret));
}
