//! Bodies that end too early, too late or never, and responses without a request.

use std::time::Duration;

use super::row::{Expected::*, Row, Step, closing, kept, pause, send};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n";

pub(super) fn rows() -> Vec<Row> {
    [until_close(), lengths(), chunks(), none(), unasked(), endless()].concat()
}

fn until_close() -> Vec<Row> {
    let row = |path, fields: &str| closing(path, Own, "RFC 9112 section 6.3", &format!("{OK}{fields}\r\n{{page}}"));
    let late = "/close-delimited-late";
    vec![
        row("/close-delimited", ""),
        row("/connection-close", "connection: close\r\n"),
        row("/te-identity", "transfer-encoding: identity\r\n"),
        row("/upgrade-websocket", "upgrade: websocket\r\nconnection: upgrade\r\n"),
        Row::new(
            late,
            Own,
            "RFC 9112 section 6.3",
            vec![send(late, OK), send(late, "\r\n"), pause(100), send(late, "{page}")],
        ),
    ]
}

fn lengths() -> Vec<Row> {
    let row = |path, expected, why, field: &str| {
        closing(path, expected, why, &format!("{OK}content-length{field}\r\n\r\n{{page}}"))
    };
    vec![
        row("/length-cut", Fails("truncated"), "RFC 9112 section 8", ": 999"),
        closing("/length-no-body", Fails("truncated"), "", &format!("{OK}content-length: 9\r\n\r\n")),
        row("/length-twice", Own, "RFC 9110 section 8.6", ": {size}\r\ncontent-length: {size}"),
        row("/length-list", Own, "RFC 9110 section 8.6", ": {size}, {size}"),
        row("/length-blanks", Own, "", ":   {size}   "),
        row("/length-zeros", Own, "RFC 9110 section 8.6", ": 000{size}"),
        row("/length-conflict", Fails("framing"), "RFC 9112 section 6.3", ": {size}\r\ncontent-length: 5"),
        row("/length-list-conflict", Fails("framing"), "RFC 9112 section 6.3", ": 5, {size}"),
        row("/length-negative", Fails("framing"), "RFC 9112 section 6.3", ": -1"),
        row("/length-plus", Own, "", ": +{size}"),
        row("/length-hex", Fails("framing"), "RFC 9112 section 6.3", ": 0x40"),
        row("/length-empty", Fails("framing"), "RFC 9112 section 6.3", ":"),
        row("/length-comma", Fails("framing"), "RFC 9112 section 6.3", ": {size},"),
        row("/length-blank-inside", Own, "", ": {size} 1"),
        row("/length-fraction", Own, "", ": {size}.0"),
        row("/length-words", Fails("framing"), "RFC 9112 section 6.3", ": many"),
        row("/length-twice-apart", Own, "RFC 9110 section 8.6", ": {size}\r\nx: y\r\nContent-Length: 0{size}"),
        row("/length-overflow", Fails("framing"), "RFC 9112 section 6.3", ": 99999999999999999999999"),
        row("/length-huge", Rejected("too_large"), "fetcher.max_body", ": 9000000000000000000"),
        closing(
            "/length-short",
            Own,
            "RFC 9112 section 9.2: the rest is dropped",
            &format!("{OK}content-length: {{size}}\r\n\r\n{{page}}and more"),
        ),
    ]
}

fn chunks() -> Vec<Row> {
    let chunked = "transfer-encoding: chunked\r\n\r\n";
    let row = |path, expected, why, body: &str| closing(path, expected, why, &format!("{OK}{chunked}{body}"));
    let coded = |path, expected, why, field: &str| {
        closing(path, expected, why, &format!("{OK}{field}\r\n\r\n{{hex}}\r\n{{page}}\r\n0\r\n\r\n"))
    };
    let flood = |path, start: &str, bytes: &str| {
        let steps =
            vec![send(path, &format!("{OK}{chunked}{start}")), Step::Forever(bytes.repeat(500).into(), Duration::ZERO)];
        Row::new(path, Fails(""), "as a bomb: gone at the latest with fetcher.timeout.total", steps)
    };
    vec![
        kept(
            "/chunk-extension",
            Own,
            "RFC 9112 section 7.1.1",
            &format!("{OK}{chunked}{{hex}};a=\"b\"\r\n{{page}}\r\n0;c\r\n\r\n"),
        ),
        kept(
            "/chunk-trailers",
            Own,
            "RFC 9112 section 7.1.2",
            &format!("{OK}{chunked}{{hex}}\r\n{{page}}\r\n0\r\nx: 1\r\ny: 2\r\n\r\n"),
        ),
        kept(
            "/chunk-zeros",
            Own,
            "RFC 9112 section 7.1",
            &format!("{OK}{chunked}000{{hex}}\r\n{{page}}\r\n000\r\n\r\n"),
        ),
        row("/chunk-bare-lf", Own, "", "{hex}\n{page}\n0\n\n"),
        row("/chunk-upper", Own, "RFC 9112 section 7.1", "{HEX}\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-size-0x", Fails("framing"), "RFC 9112 section 7.1", "0x{hex}\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-size-plus", Fails("framing"), "RFC 9112 section 7.1", "+{hex}\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-size-blank-before", Fails("framing"), "RFC 9112 section 7.1", " {hex}\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-size-empty", Fails("framing"), "RFC 9112 section 7.1", "\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-size-two-words", Fails("framing"), "RFC 9112 section 7.1", "{hex} 1\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-none", Fails("framing"), "RFC 9112 section 7.1", "{page}"),
        row("/chunk-trailer-odd", Own, "", "{hex}\r\n{page}\r\n0\r\nno colon\r\n: x\r\n\r\n"),
        row(
            "/chunk-trailer-length",
            Own,
            "RFC 9110 section 6.5.1",
            "{hex}\r\n{page}\r\n0\r\ncontent-length: 5\r\n\r\n",
        ),
        row("/chunk-blank-behind-size", Own, "", "{hex}  \r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-cut", Fails("truncated"), "RFC 9112 section 8", "fff\r\n{page}"),
        row("/chunk-no-last", Fails("truncated"), "RFC 9112 section 8", "{hex}\r\n{page}\r\n"),
        row("/chunk-no-end", Fails("truncated"), "RFC 9112 section 8", "{hex}\r\n{page}\r\n0\r\n"),
        row("/chunk-size-cut", Fails("truncated"), "", "f"),
        row("/chunk-size-no-hex", Fails("framing"), "RFC 9112 section 7.1", "zz\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-size-negative", Fails("framing"), "RFC 9112 section 7.1", "-5\r\n{page}\r\n0\r\n\r\n"),
        row("/chunk-size-overflow", Fails("framing"), "RFC 9112 section 7.1", "fffffffffffffffff\r\n{page}\r\n"),
        row("/chunk-size-huge", Fails("truncated"), "RFC 9112 section 8", "7ffffffffffffff\r\n{page}"),
        row("/chunk-too-long", Fails("framing"), "RFC 9112 section 7.1", "5\r\n{page}\r\n0\r\n\r\n"),
        flood("/chunk-endless-extension", "5;", "xxxx"),
        flood("/chunk-endless-trailers", "0\r\n", "x: y\r\n"),
        flood("/chunk-endless-zeros", "", "000000"),
        coded("/chunked-in-http-1.1", Own, "", "transfer-encoding: CHUNKED"),
        coded("/chunked-and-length", Own, "RFC 9112 section 6.3", "transfer-encoding: chunked\r\ncontent-length: 3"),
        coded("/chunked-twice", Own, "", "transfer-encoding: chunked, chunked"),
        coded("/te-gzip", Fails("framing"), "RFC 9112 section 7.4: not asked for", "transfer-encoding: gzip, chunked"),
        coded("/te-chunked-identity", Own, "", "transfer-encoding: chunked, identity"),
        coded("/te-identity-chunked", Own, "", "transfer-encoding: identity, chunked"),
        coded("/te-comma", Own, "RFC 9110 section 5.6.1", "transfer-encoding: chunked,"),
        coded(
            "/te-two-fields",
            Fails("framing"),
            "RFC 9112 section 6.1",
            "transfer-encoding: gzip\r\ntransfer-encoding: chunked",
        ),
        coded("/te-quoted", Fails("framing"), "RFC 9112 section 7", "transfer-encoding: \"chunked\""),
        coded("/te-parameter", Fails("framing"), "RFC 9112 section 7.1", "transfer-encoding: chunked;x=y"),
        coded("/te-almost", Fails("framing"), "RFC 9112 section 7", "transfer-encoding: xchunked"),
        coded("/te-empty-chunked", Own, "", "transfer-encoding:\r\ntransfer-encoding: chunked"),
        coded("/te-folded", Own, "RFC 9112 section 5.2", "transfer-encoding:\r\n chunked"),
        coded(
            "/te-chunked-and-bad-length",
            Own,
            "RFC 9112 section 6.3",
            "transfer-encoding: chunked\r\ncontent-length: -1",
        ),
        coded("/te-unknown", Fails("framing"), "RFC 9112 section 6.1", "transfer-encoding: magic"),
        closing(
            "/chunked-in-http-1.0",
            Own,
            "",
            "HTTP/1.0 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n{hex}\r\n{page}\r\n0\r\n\r\n",
        ),
    ]
}

/// Responses that must not have a body, but have one.
fn none() -> Vec<Row> {
    let head = "/head-with-body";
    let late = "/head-with-late-body";
    let why = "RFC 9112 section 6.3";
    let body = "content-type: text/html\r\ncontent-length: {size}\r\n\r\n{page}";
    vec![
        kept(head, Body(""), why, &format!("{OK}content-length: {{size}}\r\n\r\n{{page}}")).method("HEAD"),
        Row::new(
            late,
            Body(""),
            why,
            vec![
                send(late, &format!("{OK}content-length: {{size}}\r\n\r\n")),
                pause(50),
                send(late, "{page}"),
                Step::Keep,
            ],
        )
        .method("HEAD"),
        kept("/head-chunked", Body(""), why, &format!("{OK}transfer-encoding: chunked\r\n\r\n")).method("HEAD"),
        kept("/204-with-body", Body(""), why, &format!("HTTP/1.1 204 No Content\r\n{body}")),
        kept("/204-chunked", Body(""), why, "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n"),
        kept("/304-with-body", NotModified, why, &format!("HTTP/1.1 304 Not Modified\r\n{body}")),
        kept("/304-with-length", NotModified, why, "HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n"),
        kept("/205-with-body", Own, "", &format!("HTTP/1.1 205 Reset Content\r\n{body}")),
        kept("/length-0", Body(""), why, &format!("{OK}content-length: 0\r\n\r\n")),
    ]
}

/// Bytes that do not belong to a request.
fn unasked() -> Vec<Row> {
    let whole = format!("{OK}content-length: {{size}}\r\n\r\n{{page}}");
    let poison = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\npoison";
    let late = "/answer-unasked-late";
    let lies = "/kept-and-closed";
    vec![
        kept("/answer-twice", Own, "RFC 9112 section 9.2", &format!("{whole}{poison}")),
        kept("/junk-behind", Own, "", &format!("{whole}\0\0junk")),
        kept(
            "/junk-behind-chunks",
            Own,
            "",
            &format!("{OK}transfer-encoding: chunked\r\n\r\n{{hex}}\r\n{{page}}\r\n0\r\n\r\n{poison}"),
        ),
        Row::new(
            late,
            Own,
            "RFC 9112 section 9.2",
            vec![send(late, &whole), pause(20), send(late, poison), Step::Keep],
        ),
        Row::new(lies, Own, "RFC 9112 section 9.3.1", vec![send(lies, &whole), pause(5)]),
        closing(
            "/kept-http-1.0",
            Own,
            "",
            &whole.replace("HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n"),
        ),
    ]
}

fn endless() -> Vec<Row> {
    let flood = |path, head: &str, bytes: &str| {
        let steps = vec![send(path, head), Step::Forever(bytes.repeat(1000).into_bytes(), Duration::ZERO)];
        Row::new(path, Rejected("too_large"), "fetcher.max_body", steps)
    };
    vec![
        flood("/endless", &format!("{OK}\r\n"), "body "),
        flood("/endless-chunks", &format!("{OK}transfer-encoding: chunked\r\n\r\n"), "5\r\nbody \r\n"),
        flood("/endless-beyond-length", &format!("{OK}content-length: 9999999999\r\n\r\n"), "body "),
    ]
}
