//! Credentials are sent to their origin, and not to any other.

use lycosa::{HandlerResult, Output, Page, Request};
use serde_json::{Value, json};

use crate::{
    harness::{config, crawl, crawl_with},
    site::{Options, Robots, Site},
};

fn echo(page: &Page, out: &mut Output) -> HandlerResult {
    let value = page.json::<Value>().unwrap_or_else(|_| json!({ "title": page.title() }));
    out.record(value);
    Ok(())
}

#[test]
fn each_kind_of_credentials_is_accepted() {
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
fn a_known_challenge_is_answered_in_advance() {
    let site = Site::start();
    let seeds = (0..5).map(|i| Request::get(site.url(&format!("/digest?{i}"))));
    let config = config(&format!("{}\n[runtime]\nworkers = 1\n[scheduler]\nmax_in_flight = 1", known(&site, "digest")));
    let crawled = crawl_with(config, seeds, |crawler| crawler.otherwise(echo));
    assert_eq!((crawled.records.len(), site.visits_to("/digest").len()), (5, 6));
}

fn known(site: &Site, kind: &str) -> String {
    format!("[[auth]]\norigin = \"{}\"\ntype = \"{kind}\"\nuser = \"wolf\"\npassword = \"a b\"", site.url(""))
}

/// Tests of Digest pages that accept no answer twice; some use a new nonce per page. See `site/auth.rs`.
#[test]
fn concurrent_digest_answers_are_all_accepted() {
    for path in ["/digest", "/digest-once", "/digest-next", "/digest-closing"] {
        let site = Site::start();
        let seeds = (0..12).map(|i| Request::get(site.url(&format!("{path}?{i}"))));
        let lines = format!("{}\n[politeness]\nhost_concurrency = 4\n[retry]\ntimes = 0", known(&site, "digest"));
        let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(echo));
        assert_eq!(crawled.fields("title"), [path; 12], "{path}");
    }
}

#[test]
fn the_next_nonce_is_used() {
    let site = Site::start();
    let seeds = (0..5).map(|i| Request::get(site.url(&format!("/digest-next?{i}"))));
    let lines = format!("{}\n[politeness]\nhost_concurrency = 1", known(&site, "digest"));
    let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(echo));
    assert_eq!((crawled.records.len(), site.visits_to("/digest").len()), (5, 6));
}

/// A page must not choose the credentials of the crawler.
#[test]
fn credentials_in_urls_of_pages_are_removed() {
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
    let expected = (1..4).map(|number| site.url(&format!("/basic?{number}")).to_string());
    assert!(expected.clone().all(|url| crawled.urls().contains(&url)), "{:?}", crawled.urls());
    assert_eq!(crawled.report.balance.rejected, 0);
}

#[test]
fn credentials_in_a_seed_are_sent_and_not_shown() {
    let site = Site::start();
    let mut seed = site.url("/basic");
    seed.set_username("wolf").unwrap();
    seed.set_password(Some("a b")).unwrap();
    let crawled = crawl_with(config(""), [Request::get(seed)], |crawler| crawler.otherwise(echo));
    assert_eq!(crawled.urls(), [site.url("/basic").to_string()].into());
    assert_eq!(crawled.fields("title"), ["/basic"]);
}

/// After a redirect to another origin: its robots.txt, the sitemaps that it names, and the sitemaps that those name.
#[test]
fn no_secret_is_sent_with_what_a_redirect_causes() {
    let robots = Robots { status: 200, rules: "Sitemap: /sitemap/index/0", ..Robots::default() };
    let other = Site::with(Options { host: 2, robots, ..Options::default() });
    let site = Site::start();
    let lines = "[scope]\nkind = \"any\"\n[discovery]\nsitemaps = \"robots\"\n[fetcher]\nsecret_headers = [\"X-Key\"]\n\
                 headers = { \"X-Key\" = \"configured\" }";
    crawl(config(lines), [site.url(&format!("/to?{}", other.url("/ok")))]);
    let is_secret_sent = |site: &Site, path: &str| {
        let visits = site.visits_to(path);
        assert!(!visits.is_empty(), "{path} was not requested");
        visits.iter().any(|visit| visit.header("x-key").is_some())
    };
    assert!(is_secret_sent(&site, "/robots.txt") && is_secret_sent(&site, "/to"));
    for path in ["/robots.txt", "/ok", "/sitemap/index/0", "/sitemap/index/1", "/sitemap/pages"] {
        assert!(!is_secret_sent(&other, path), "{path}");
    }
}

/// Redirects to another origin, back again, and to a third origin.
#[test]
fn no_secret_is_sent_after_a_redirect_to_another_origin() {
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
    // The field is for proxies, so no server gets it.
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
fn proxy_and_server_get_their_own_credentials() {
    let proxy = Site::with(Options { proxy: Some("wolf:a b"), ..Options::default() });
    let lines = format!(
        "[fetcher]\nproxies = [\"http://wolf:a%20b@127.0.0.1:{}\"]\n\
         [[auth]]\norigin = \"http://behind.test\"\ntype = \"basic\"\nuser = \"u\"\npassword = \"p\"",
        proxy.port()
    );
    let seeds = ["http://behind.test/echo", "http://elsewhere.test/echo"].map(|url| Request::get(url.parse().unwrap()));
    let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(echo));
    let mut authorizations: Vec<_> = crawled
        .records
        .iter()
        .map(|record| (record.url().to_owned(), record.value()["headers"]["authorization"].clone()))
        .collect();
    authorizations.sort_by_key(|(url, _)| url.clone());
    assert_eq!(
        authorizations,
        [
            ("http://behind.test/echo".to_owned(), json!("Basic dTpw")),
            ("http://elsewhere.test/echo".to_owned(), json!(null))
        ]
    );
}

#[test]
fn a_netrc_applies_until_a_redirect_to_another_origin() {
    let (site, other) = (Site::start(), Site::start());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "machine 127.0.0.1 login wolf password \"a_b\"\n").unwrap();
    let lines = format!("[scope]\nkind = \"any\"\n[fetcher]\nnetrc = {:?}", file.path());
    let authorizations = |path: String| {
        let crawled = crawl_with(config(&lines), [Request::get(site.url(&path))], |crawler| crawler.otherwise(echo));
        crawled.fields("headers").into_iter().map(|headers| headers["authorization"].clone()).collect::<Vec<_>>()
    };
    let secret = "Basic d29sZjphX2I=";
    assert_eq!(authorizations("/echo".into()), [secret]);
    assert_eq!(authorizations("/to?/echo".into()), [secret]);
    assert_eq!(authorizations(format!("/to?{}", other.url("/echo"))), [json!(null)]);
    assert_eq!(authorizations(format!("/to?{}", other.url(&format!("/to?{}", site.url("/echo?back"))))), [json!(null)]);
    assert!(other.visits().iter().all(|visit| visit.header("authorization").is_none()));

    // A link is not a redirect, and a .netrc applies to all ports of a host.
    let page = site.url(&format!("/links?n=1&to={}", other.url("/echo?linked")));
    crawl_with(config(&lines), [Request::get(page)], |crawler| crawler);
    assert_eq!(other.visits_to("/echo?linked")[0].header("authorization"), Some(secret));
}
