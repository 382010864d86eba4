//! `lycosa fetch`: single URLs, fetched with the client of the crawler.

use std::process::{Command, Output};

use serde_json::Value;

use crate::site::{Options, Site};

/// Runs `lycosa fetch`. Returns exit code, standard output and standard error.
fn fetch(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let Output { status, stdout, stderr } = command.arg("fetch").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn the_decoded_body_is_printed() {
    let site = Site::start();
    for (path, word) in [("/packed/gzip", "packed"), ("/packed/zstd", "packed"), ("/chunked", "chunked"), ("/x", "/x")]
    {
        let (code, body, stderr) = fetch(&[site.url(path).as_str()]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{path}");
        assert!(body.contains(&format!("<title>{word}</title>")), "{path}: {body}");
    }
    assert!(site.visits_to("/robots.txt").is_empty());
}

#[test]
fn every_hop_is_shown() {
    let site = Site::start();
    let (code, body, stderr) = fetch(&["-v", site.url("/redirect/2").as_str()]);
    assert_eq!(code, 0);
    assert!(body.contains("<title>/ok</title>"), "{body}");
    let lines: Vec<_> = stderr.lines().collect();
    for line in ["> GET /redirect/2 HTTP/1.1", "< 302", "< location: /ok", "> GET /ok HTTP/1.1", "< 200"] {
        assert!(lines.contains(&line), "{line}\n{stderr}");
    }
    assert!(stderr.contains("* dns ") && stderr.contains(", first byte "), "{stderr}");
}

#[test]
fn fetch_follows_a_refresh_like_a_crawl() {
    let site = Site::start();
    let url = site.url("/refreshed?1;/there");
    let follow = ["--set", "parser.refresh=follow", "-v", url.as_str()];
    for (arguments, title, hops) in [(&follow[..], "/there", 2), (&follow[2..], "refreshed", 1)] {
        let (code, body, stderr) = fetch(arguments);
        assert_eq!((code, stderr.matches("> GET ").count()), (0, hops), "{stderr}");
        assert!(body.contains(&format!("<title>{title}")), "{body}");
    }
    let (code, _, stderr) = fetch(&["--set", "parser.refresh=follow", site.url("/refreshing?0").as_str()]);
    assert_eq!((code, stderr.as_str()), (1, "lycosa: rejected: redirects\n"));
}

#[test]
fn options_set_the_request() {
    let site = Site::start();
    let url = site.url("/echo");
    let (code, body, _) = fetch(&["-X", "PUT", "-H", "X-Own: 1", "-d", "a=b", url.as_str()]);
    let echoed: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((code, &echoed["method"], &echoed["body"]), (0, &"PUT".into(), &"a=b".into()));
    assert_eq!(echoed["headers"]["x-own"], "1");
    assert_eq!(echoed["headers"]["content-type"], "application/x-www-form-urlencoded");

    let file = tempfile::NamedTempFile::with_suffix(".txt").unwrap();
    std::fs::write(file.path(), "of eight legs").unwrap();
    let path = file.path().display();
    let (code, body, stderr) = fetch(&["-F", "a=b c", "-F", &format!("f=@{path};type=text/x"), url.as_str()]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let echoed: Value = serde_json::from_str(&body).unwrap();
    let (kind, sent) = (echoed["headers"]["content-type"].as_str().unwrap(), echoed["body"].as_str().unwrap());
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert!(sent.starts_with(&format!("--{boundary}\r\n")) && sent.ends_with(&format!("--{boundary}--\r\n")), "{sent}");
    assert!(sent.contains("name=\"a\"\r\n\r\nb c\r\n") && sent.contains("text/x\r\n\r\nof eight legs\r\n"), "{sent}");

    let proxy = Site::with(Options { proxy: Some("wolf:a b"), ..Options::default() });
    let through = format!("http://wolf:a%20b@127.0.0.1:{}", proxy.port());
    let (code, body, _) = fetch(&["--proxy", &through, "http://behind.test/echo"]);
    assert_eq!(code, 0);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["headers"]["host"], "behind.test");
}

#[test]
fn exit_codes_and_errors() {
    let site = Site::start();
    let url = |path: &str| site.url(path).to_string();
    for (arguments, code, words) in [
        (vec![url("/status/404")], 0, ""),
        (vec!["-f".into(), url("/status/404")], 1, "status 404"),
        (vec![url("/truncated")], 1, "truncated"),
        (vec![url("/reset")], 1, "reset: "),
        (vec![url("/to?javascript:x")], 1, "rejected: scope"),
        (vec!["--set".into(), "fetcher.max_body=10 B".into(), url("/x")], 1, "rejected: too_large"),
        (vec!["--set".into(), "fetcher.timeout.first_byte=100ms".into(), url("/hang")], 1, "timeout: first_byte"),
        (vec!["ftp://x.example/".into()], 2, "neither http nor https"),
        (vec!["--set".into(), "fetcher.timeout.totl=1s".into(), url("/x")], 4, "did you mean"),
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let (found, _, stderr) = fetch(&arguments);
        assert_eq!(found, code, "{arguments:?}: {stderr}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}
