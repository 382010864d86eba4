//! Redirects of every kind.

use super::row::{Expected::*, Row, Step, kept, page, send};

/// Returns a 302 with these `Location` fields.
fn to(path: &'static str, expected: super::row::Expected, why: &'static str, locations: &[&[u8]]) -> Row {
    let fields = locations.iter().flat_map(|location| [&b"location:"[..], location, b"\r\n"].concat());
    let answer = [&b"HTTP/1.1 302 Found\r\n"[..], &fields.collect::<Vec<_>>(), b"content-length: 2\r\n\r\nno"].concat();
    Row::new(path, expected, why, vec![Step::Send(answer), Step::Keep])
}

pub(super) fn rows() -> Vec<Row> {
    [places(), refused(), chains(), answers()].concat()
}

fn places() -> Vec<Row> {
    let (url, fetch) = ("WHATWG URL", "Fetch, HTTP-redirect fetch");
    vec![
        to("/to/absolute-path", Lands("/landed-1"), url, &[b" /landed-1"]),
        to("/to/no-blank", Lands("/landed-2"), "RFC 9112 section 5", &[b"/landed-2"]),
        to("/to/blanks", Lands("/landed-3"), "RFC 9112 section 5", &[b"   /landed-3  \t"]),
        to("/to/relative", Lands("/to/landed-4"), url, &[b" landed-4"]),
        to("/to/dots", Lands("/landed-5"), url, &[b" ./x/../../landed-5"]),
        to("/to/backslash", Lands("/landed-6"), url, &[b" \\landed-6"]),
        to("/to/query-only", Lands("/to/query-only?q=1"), url, &[b" ?q=1"]),
        to("/to/fragment", Lands("/landed-7"), "RFC 9110 section 10.2.2", &[b" /landed-7#part"]),
        to("/to/utf-8", Lands("/landed-%C3%A9"), url, &["\u{20}/landed-é".as_bytes()]),
        to("/to/latin-1", Lands("/landed-%E9"), "", &[b" /landed-\xe9"]),
        to("/to/blank-inside", Lands("/landed%208"), url, &[b" /landed 8"]),
        to("/to/twice-the-same", Lands("/landed-9"), "", &[b" /landed-9", b" /landed-9"]),
        to("/to/two-places", Rejected("redirects"), "", &[b" /landed-10", b" /landed-11"]),
        to("/to/tab-inside", Lands("/landed-14"), url, &[b" /lan\tded-14"]),
        to("/to/quoted", Lands("/to/%22/landed-15%22"), url, &[b" \"/landed-15\""]),
        to("/to/escaped", Lands("/landed-%zz"), url, &[b" /landed-%zz"]),
        to("/to/control", Rejected("status"), "RFC 9110 section 5.5: the field is dropped", &[b" /landed-\x01"]),
        to("/to/folded", Lands("/landed-16"), "RFC 9112 section 5.2", &[b"\r\n /landed-16"]),
        to("/to/blank", Rejected("status"), fetch, &[b"   "]),
        to("/to/nul", Fails("framing"), fetch, &[b" /landed\0-17"]),
        to("/to/empty", Rejected("status"), fetch, &[b""]),
        to("/to/nowhere", Rejected("status"), fetch, &[]),
    ]
}

fn refused() -> Vec<Row> {
    let scheme = "Fetch, HTTP-redirect fetch: only http and https";
    let long = [&b" /"[..], &[b'x'; 20_000]].concat();
    vec![
        to("/to/javascript", Rejected("scope"), scheme, &[b" javascript:alert(1)"]),
        to("/to/data", Rejected("scope"), scheme, &[b" data:text/html,x"]),
        to("/to/file", Rejected("scope"), scheme, &[b" file:///etc/passwd"]),
        to("/to/ftp", Rejected("scope"), scheme, &[b" ftp://127.0.0.1/"]),
        to("/to/mailto", Rejected("scope"), scheme, &[b" mailto:a@b.example"]),
        to("/to/no-host", Rejected("redirects"), "WHATWG URL", &[b" http://"]),
        to("/to/bad-port", Rejected("redirects"), "WHATWG URL", &[b" http://127.0.0.1:99999/"]),
        to("/to/bad-brackets", Rejected("redirects"), "WHATWG URL", &[b" http://["]),
        to("/to/too-long", Rejected("scope"), "scope.max_url", &[&long]),
    ]
}

fn chains() -> Vec<Row> {
    vec![
        to("/again/0", Rejected("redirects"), "fetcher.redirects", &[b" /again/1"]),
        to("/loop", Rejected("redirects"), "", &[b" /loop"]),
        to(
            "/loop-with-cookie",
            Rejected("redirects"),
            "fetcher.redirects",
            &[b" /loop-with-cookie\r\nset-cookie: a=b; path=/loop-with-cookie"],
        ),
        to("/loop-a", Rejected("redirects"), "the same", &[b" /loop-b"]),
        to("/loop-b", Rejected("redirects"), "the same", &[b" /loop-a"]),
    ]
}

fn answers() -> Vec<Row> {
    let fetch = "Fetch, HTTP-redirect fetch";
    let status = |path, line: &str, target: &str| {
        kept(
            path,
            Lands(match path {
                "/301" => "/landed-301",
                "/303" => "/landed-303",
                "/307" => "/landed-307",
                _ => "/landed-308",
            }),
            fetch,
            &format!("HTTP/1.1 {line}\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n"),
        )
    };
    let hang = "/redirect-hangs";
    let cut = "/redirect-cut";
    vec![
        status("/301", "301 Moved", "/landed-301"),
        status("/303", "303 See Other", "/landed-303"),
        status("/307", "307 Temporary", "/landed-307"),
        status("/308", "308 Permanent", "/landed-308"),
        kept(
            "/300",
            Rejected("status"),
            fetch,
            "HTTP/1.1 300 Many\r\nlocation: /landed-300\r\ncontent-length: 0\r\n\r\n",
        ),
        kept("/300-nowhere", Rejected("status"), fetch, "HTTP/1.1 300 Many\r\ncontent-length: 0\r\n\r\n"),
        kept(
            "/305",
            Rejected("status"),
            fetch,
            "HTTP/1.1 305 Proxy\r\nlocation: /landed-305\r\ncontent-length: 0\r\n\r\n",
        ),
        kept(
            "/306",
            Rejected("status"),
            fetch,
            "HTTP/1.1 306 Unused\r\nlocation: /landed-306\r\ncontent-length: 0\r\n\r\n",
        ),
        kept("/304-location", NotModified, fetch, "HTTP/1.1 304 Same\r\nlocation: /landed-304\r\n\r\n"),
        kept(
            "/201-location",
            Own,
            fetch,
            "HTTP/1.1 201 Created\r\nlocation: /landed-201\r\ncontent-type: text/html\r\ncontent-length: {size}\r\n\r\n{page}",
        ),
        Row::new(
            hang,
            Lands("/landed-12"),
            "the head says it all",
            vec![send(hang, "HTTP/1.1 302 Found\r\nlocation: /landed-12\r\ncontent-length: 99\r\n\r\nx"), Step::Hang],
        ),
        Row::new(
            cut,
            Lands("/landed-13"),
            "the head says it all",
            vec![send(
                cut,
                &format!("HTTP/1.1 302 Found\r\nlocation: /landed-13\r\ncontent-length: 99\r\n\r\n{}", page(cut)),
            )],
        ),
    ]
}
