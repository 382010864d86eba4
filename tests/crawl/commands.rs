//! The commands that explain what would happen to a URL.

use std::process::Command;

use crate::site::{Options, Robots, Site};

/// Runs `lycosa` with these arguments. Returns exit code and output.
fn lycosa(arguments: &[&str]) -> (Option<i32>, String) {
    let finished = Command::new(env!("CARGO_BIN_EXE_lycosa")).args(arguments).output().unwrap();
    let output = String::from_utf8(finished.stdout).unwrap() + &String::from_utf8_lossy(&finished.stderr);
    (finished.status.code(), output)
}

fn site(status: u16, rules: &'static str) -> Site {
    let robots = Robots { status, rules, ..Robots::default() };
    Site::with(Options { robots, ..Options::default() })
}

#[test]
fn normalize_prints_canonical_urls() {
    let urls = ["normalize", "HTTP://A.example:80/%7ea#x", "a.example/?utm_x=1"];
    assert_eq!(lycosa(&urls), (Some(0), "http://a.example/~a\nhttps://a.example/?utm_x=1\n".to_owned()));
    let (code, output) = lycosa(&[&urls[..], &["--set", "urls.tracking=drop"]].concat());
    assert_eq!((code, output.as_str()), (Some(0), "http://a.example/~a\nhttps://a.example/\n"));
    assert_eq!(lycosa(&["normalize", "ftp://a.example/"]).0, Some(2));
}

#[test]
fn robots_names_the_line_that_decides() {
    let rules = "User-agent: *\nDisallow: /private\nCrawl-delay: 2\nSitemap: /map.xml\n\nUser-agent: x\nDisallow: /";
    let site = site(200, rules);
    let url = site.url("/private/x").to_string();
    let (code, output) = lycosa(&["robots", &url]);
    assert_eq!(code, Some(1), "{output}");
    for words in ["forbids it: line 2, Disallow: /private", "Crawl-delay: 2 s", "Sitemap: /map.xml"] {
        assert!(output.contains(words), "{words}: {output}");
    }
    assert_eq!(lycosa(&["robots", site.url("/public").as_ref()]).0, Some(0));
    assert!(lycosa(&["robots", site.url("/public").as_ref(), "--agent", "x/1"]).1.contains("line 7, Disallow: /"));
}

#[test]
fn parse_prints_what_is_found_in_a_page() {
    let site = Site::start();
    let found = |arguments: &[&str]| -> serde_json::Value {
        let (code, output) = lycosa(&[&["parse"], arguments].concat());
        assert_eq!(code, Some(0), "{output}");
        serde_json::from_str(&output).unwrap()
    };
    let page = found(&[site.url("/html?<title>T</title><a href=/x rel=nofollow>go on</a><a href=http://[>").as_ref()]);
    assert_eq!((page["status"].as_u64(), page["title"].as_str()), (Some(200), Some("T")));
    let link = serde_json::json!({ "url": site.url("/x").as_str(), "rel": "nofollow", "text": "go on" });
    assert_eq!((&page["links"][0], page["links"][1]["url"].is_null()), (&link, true));
    let list = found(&[site.url("/sitemap/gz?n=2").as_ref()]);
    assert_eq!(list["list"]["entries"][1]["lastmod"], "2026-01-02");

    let file = tempfile::Builder::new().suffix(".html").tempfile().unwrap();
    std::fs::write(file.path(), "<meta name=robots content=noindex><a href=y>").unwrap();
    let page = found(&[file.path().to_str().unwrap(), "--url", "http://a.example/d/"]);
    assert_eq!(
        (page["robots"].as_str(), page["links"][0]["url"].as_str()),
        (Some("noindex"), Some("http://a.example/d/y"))
    );
    assert_eq!(lycosa(&["parse", "http://127.0.0.1:1/"]).0, Some(1));
}

#[test]
fn explain_names_the_cause() {
    let (good, away) = (site(200, "User-agent: *\nDisallow: /private\nCrawl-delay: 5"), site(503, ""));
    let seed = good.url("/").to_string();
    for (url, flags, words) in [
        (good.url("/"), &[][..], &["in: it is a seed", "would be fetched"][..]),
        (good.url("/x"), &[], &["in: on the host of a seed", "no line matches", "5s between", "would be fetched"]),
        (good.url("/private"), &[], &["forbids it: line 2", "would not be fetched: robots.txt"]),
        (good.url("/private"), &["--no-robots"], &["would be fetched"]),
        (good.url("/x.pdf"), &["--set", "scope.exclude=*.pdf"], &["out: it matches scope.exclude[0] = \"*.pdf\""]),
        (good.url("/x"), &["--scope", "page"], &["out: it is not a seed (scope.kind = \"page\")"]),
        (good.url("/a/a/a/a"), &[], &["out: a part of its path occurs more than traps.repeats = 3 times"]),
        (good.url("/2024/5"), &[], &["counts for /#/# (at most 1000 new URLs per host: traps.calendar)"]),
        (away.url("/x"), &["--scope", "any"], &["forbids everything for now: it cannot be fetched (status 503)"]),
        ("http://b.example/".parse().unwrap(), &[], &["out: it is not on the host", "not be fetched: out of scope"]),
    ] {
        let (code, output) = lycosa(&[&["explain", url.as_str(), "--seed", &seed], flags].concat());
        assert_eq!(code, Some(0), "{output}");
        words.iter().for_each(|words| assert!(output.contains(words), "{words}: {output}"));
    }
}
