//! `lycosa fetch`: one URL by the crawler's client.

use std::process::{Command, Output};

use serde_json::Value;

use crate::site::{Options, Site};

/// Code, standard output, standard error.
fn fetch(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let Output { status, stdout, stderr } = command.arg("fetch").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn a_body_goes_to_standard_output_decoded() {
    let site = Site::start();
    for (path, word) in [("/packed/gzip", "packed"), ("/packed/zstd", "packed"), ("/chunked", "chunked"), ("/x", "/x")]
    {
        let (code, body, told) = fetch(&[site.url(path).as_str()]);
        assert_eq!((code, told.as_str()), (0, ""), "{path}");
        assert!(body.contains(&format!("<title>{word}</title>")), "{path}: {body}");
    }
    assert!(site.visits_to("/robots.txt").is_empty());
}

#[test]
fn each_hop_is_told() {
    let site = Site::start();
    let (code, body, told) = fetch(&["-v", site.url("/redirect/2").as_str()]);
    assert_eq!(code, 0);
    assert!(body.contains("<title>/ok</title>"), "{body}");
    let lines: Vec<_> = told.lines().collect();
    for line in ["> GET /redirect/2 HTTP/1.1", "< 302", "< location: /ok", "> GET /ok HTTP/1.1", "< 200"] {
        assert!(lines.contains(&line), "{line}\n{told}");
    }
    assert!(told.contains("* dns ") && told.contains(", first byte "), "{told}");
}

#[test]
fn a_refresh_is_followed_where_a_crawl_would() {
    let site = Site::start();
    let url = site.url("/refreshed?1;/there");
    let follow = ["--set", "parser.refresh=follow", "-v", url.as_str()];
    for (arguments, title, hops) in [(&follow[..], "/there", 2), (&follow[2..], "refreshed", 1)] {
        let (code, body, told) = fetch(arguments);
        assert_eq!((code, told.matches("> GET ").count()), (0, hops), "{told}");
        assert!(body.contains(&format!("<title>{title}")), "{body}");
    }
    let (code, _, told) = fetch(&["--set", "parser.refresh=follow", site.url("/refreshing?0").as_str()]);
    assert_eq!((code, told.as_str()), (1, "lycosa: rejected: redirects\n"));
}

#[test]
fn a_request_is_sent_as_asked() {
    let site = Site::start();
    let url = site.url("/echo");
    let (code, body, _) = fetch(&["-X", "PUT", "-H", "X-Own: 1", "-d", "a=b", url.as_str()]);
    let said: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((code, &said["method"], &said["body"]), (0, &"PUT".into(), &"a=b".into()));
    assert_eq!(said["headers"]["x-own"], "1");
    assert_eq!(said["headers"]["content-type"], "application/x-www-form-urlencoded");

    let file = tempfile::NamedTempFile::with_suffix(".txt").unwrap();
    std::fs::write(file.path(), "of eight legs").unwrap();
    let path = file.path().display();
    let (code, body, told) = fetch(&["-F", "a=b c", "-F", &format!("f=@{path};type=text/x"), url.as_str()]);
    assert_eq!((code, told.as_str()), (0, ""));
    let said: Value = serde_json::from_str(&body).unwrap();
    let (kind, sent) = (said["headers"]["content-type"].as_str().unwrap(), said["body"].as_str().unwrap());
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
fn codes_for_scripts() {
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
        let (found, _, told) = fetch(&arguments);
        assert_eq!(found, code, "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
}
