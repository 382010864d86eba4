//! Heads that are late, unusual, broken or missing.

use std::time::Duration;

use super::row::{Expected::*, Row, Step, closing, kept, page, send};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n";

pub(super) fn rows() -> Vec<Row> {
    [interim(), lines(), fields(), limits()].concat()
}

fn interim() -> Vec<Row> {
    let last = format!("{OK}content-length: {{size}}\r\n\r\n{{page}}");
    let row = |path, expected, why, before: &str| kept(path, expected, why, &format!("{before}{last}"));
    vec![
        row("/early-hints", Own, "RFC 9110 section 15.2", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        row("/continue-unasked", Own, "RFC 9110 section 15.2", "HTTP/1.1 100 Continue\r\n\r\n"),
        row("/interim-with-length", Own, "RFC 9112 section 6.3", "HTTP/1.1 102 Wait\r\ncontent-length: 9\r\n\r\n"),
        row("/three-interim", Own, "RFC 9110 section 15.2", &"HTTP/1.1 103 Hints\r\n\r\n".repeat(3)),
        row("/switched-unasked", Fails("framing"), "RFC 9110 section 7.8", "HTTP/1.1 101 Switching\r\n\r\n"),
        Row::new(
            "/endless-interim",
            Fails("framing"),
            "as a bomb: Chromium's limit is 256 KiB of heads",
            vec![Step::Forever(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), Duration::ZERO)],
        ),
    ]
}

/// Status lines.
fn lines() -> Vec<Row> {
    let row = |path, expected, why, line: &str| {
        closing(
            path,
            expected,
            why,
            &format!("{line}content-type: text/html\r\ncontent-length: {{size}}\r\n\r\n{{page}}"),
        )
    };
    vec![
        row("/http-1.0", Own, "", "HTTP/1.0 200 OK\r\n"),
        row("/no-reason", Own, "RFC 9112 section 4", "HTTP/1.1 200\r\n"),
        row("/no-reason-but-blank", Own, "RFC 9112 section 4", "HTTP/1.1 200 \r\n"),
        row("/leading-empty-line", Own, "", "\r\nHTTP/1.1 200 OK\r\n"),
        row("/status-999", Rejected("status"), "", "HTTP/1.1 999 Denied\r\n"),
        row("/status-600", Rejected("status"), "", "HTTP/1.1 600 Beyond\r\n"),
        row("/status-299", Own, "RFC 9110 section 15: as 200", "HTTP/1.1 299 Odd\r\n"),
        row("/status-099", Fails("framing"), "RFC 9110 section 15", "HTTP/1.1 099 Below\r\n"),
        row("/status-20", Fails("framing"), "RFC 9112 section 4", "HTTP/1.1 20 OK\r\n"),
        row("/status-2000", Fails("framing"), "RFC 9112 section 4", "HTTP/1.1 2000 OK\r\n"),
        row("/status-none", Fails("framing"), "RFC 9112 section 4", "HTTP/1.1 OK\r\n"),
        row("/http-2.0", Own, "", "HTTP/2.0 200 OK\r\n"),
        row("/http-1.2", Own, "RFC 9110 section 2.5", "HTTP/1.2 200 OK\r\n"),
        row("/http-0.9-line", Fails("framing"), "RFC 9112 section 2.3: no HTTP/1", "HTTP/0.9 200 OK\r\n"),
        row("/http-lower", Own, "", "http/1.1 200 OK\r\n"),
        row("/http-blank-before", Fails("framing"), "RFC 9112 section 4", " HTTP/1.1 200 OK\r\n"),
        row("/http-no-version", Fails("framing"), "RFC 9112 section 2.3", "HTTP 200 OK\r\n"),
        row("/status-tab", Fails("framing"), "RFC 9112 section 4", "HTTP/1.1\t200 OK\r\n"),
        row("/status-000", Fails("framing"), "RFC 9110 section 15", "HTTP/1.1 000 None\r\n"),
        row("/status-1000", Fails("framing"), "RFC 9112 section 4", "HTTP/1.1 1000 Many\r\n"),
        row("/status-letters", Fails("framing"), "RFC 9112 section 4", "HTTP/1.1 2OO OK\r\n"),
        row("/status-negative", Fails("framing"), "RFC 9112 section 4", "HTTP/1.1 -200 OK\r\n"),
        row("/reason-eight-bit", Own, "", "HTTP/1.1 200 Größe\r\n"),
        row("/reason-long", Own, "", &format!("HTTP/1.1 200 {}\r\n", "OK".repeat(5000))),
        row("/icy", Fails("framing"), "", "ICY 200 OK\r\n"),
        closing("/http-0.9", Fails("framing"), "", "{page}"),
        closing("/smtp", Fails("framing"), "", "220 mail.example ESMTP\r\n"),
        closing("/tls-alert", Fails("framing"), "", "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}"),
        closing("/http-2-frames", Fails("framing"), "", "\0\0\u{6}\u{4}\0\0\0\0\0\0\u{3}\0\0\0\u{64}"),
        closing("/ssh", Fails("framing"), "", "SSH-2.0-OpenSSH_9.2p1\r\n"),
        closing(
            "/bare-lf",
            Own,
            "RFC 9112 section 2.2",
            "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: {size}\n\n{page}",
        ),
    ]
}

/// Header fields.
fn fields() -> Vec<Row> {
    let row = |path, expected, why, field: &str| {
        kept(path, expected, why, &format!("{OK}{field}content-length: {{size}}\r\n\r\n{{page}}"))
    };
    let raw = |path: &'static str, why, field: &[u8]| {
        let body = page(path);
        Row::new(path, Own, why, vec![Step::Send(super::row::answer(field, body.as_bytes())), Step::Keep])
    };
    vec![
        row("/nul-in-value", Fails("framing"), "Fetch: network error", "x: a\0b\r\n"),
        row("/nul-in-name", Fails("framing"), "Fetch: network error", "x\0y: a\r\n"),
        row("/control-in-value", Own, "", "x: a\u{1}b\r\n"),
        row("/no-colon", Own, "", "this is not a field\r\n"),
        row("/no-name", Own, "", ": value\r\n"),
        row("/blank-in-name", Own, "", "x y: value\r\n"),
        row("/blank-before-colon", Own, "", "x : value\r\n"),
        row("/folded", Own, "RFC 9112 section 5.2", "x: a\r\n  b\r\n"),
        row("/folded-tab", Own, "RFC 9112 section 5.2", "x: a\r\n\tb\r\n \r\n"),
        row("/folded-close", Own, "RFC 9112 section 5.2", "connection:\r\n close\r\n"),
        kept(
            "/folded-first",
            Own,
            "RFC 9112 section 2.2",
            "HTTP/1.1 200 OK\r\n x: y\r\ncontent-length: {size}\r\n\r\n{page}",
        ),
        kept(
            "/folded-length",
            Own,
            "RFC 9112 section 5.2",
            &format!("{OK}content-length:\r\n {{size}}\r\n\r\n{{page}}"),
        ),
        row("/cr-in-value", Own, "", "x: a\rb\r\n"),
        row("/cr-twice", Own, "", "x: a\r\r\n"),
        row("/delete-in-value", Own, "", "x: a\u{7f}b\r\n"),
        row("/field-empty", Own, "", "x:\r\n"),
        row("/type-twice", Own, "", "content-type: text/plain\r\n"),
        row("/keep-alive-odd", Own, "", "keep-alive: timeout=-1, max=zero\r\nconnection: keep-alive, keep-alive\r\n"),
        row("/upgrade-offered", Own, "RFC 9110 section 7.8", "upgrade: h2\r\nconnection: Upgrade, Keep-Alive\r\n"),
        row("/many-cookies", Own, "", &"set-cookie: a=b\r\n".repeat(40)),
        row("/refresh", Own, "", "refresh: 0; url=/elsewhere\r\n"),
        raw("/eight-bit-value", "", b"x: \xe4\xf6\xfc\xff\r\n"),
        raw("/eight-bit-name", "", b"\xe4: a\r\n"),
    ]
}

/// Heads that are too long.
fn limits() -> Vec<Row> {
    let row = |path, expected, why, field: &str| {
        closing(path, expected, why, &format!("{OK}{field}content-length: {{size}}\r\n\r\n{{page}}"))
    };
    let flood = |path, why, bytes: &str| {
        Row::new(
            path,
            Fails("framing"),
            why,
            vec![send(path, OK), Step::Forever(bytes.repeat(100).into(), Duration::ZERO)],
        )
    };
    vec![
        row("/head-60-kb", Own, "below the limit of 64 KiB", &format!("x: {}\r\n", "v".repeat(60_000))),
        row("/head-90-kb", Fails("framing"), "the limit of 64 KiB", &format!("x: {}\r\n", "v".repeat(90_000))),
        row("/name-70-kb", Fails("framing"), "the limit of 64 KiB", &format!("{}: v\r\n", "n".repeat(70_000))),
        row("/fields-200", Own, "below the limit of 256", &"x: v\r\n".repeat(200)),
        row("/fields-1000", Own, "", &"x: v\r\n".repeat(1000)),
        flood("/endless-name", "", "nnnnnnnnnnnnnnnn"),
        flood("/endless-fields", "", "x: v\r\n"),
    ]
}
