//! Responses by path.
//!
//! | path | response |
//! |---|---|
//! | `/tree/WIDTH/DEPTH` | the root of a tree of pages, each with WIDTH links, DEPTH links deep |
//! | `/links?n=N&to=PREFIX` | a page with N links: PREFIX and a number |
//! | `/html?HTML` | a page with exactly this HTML |
//! | `/tagged?VALUE` | a page with a link to `/followed` and this X-Robots-Tag |
//! | `/typed?type=TYPE&body=BODY` | this body with this media type, in chunks |
//! | `/slow?ms=MS` | a page, after a pause |
//! | `/status/CODE` | this status |
//! | `/redirect/N` | N redirects in sequence, then `/ok` |
//! | `/to?URL` | one redirect to this URL |
//! | `/sitemap/pages?first=FIRST&n=N` | a sitemap of N pages; `/sitemap/gz` is the same, compressed |
//! | `/sitemap/index/LEVEL` | an index of two pages and the next level |
//! | `/feed?first=FIRST&n=N` | a feed of N pages |
//! | `/trap/KIND` | a page of an endless trap: calendar, session, deep, grow, query, wide |
//! | `/flaky?fails=N` | 503 for the first N requests, then a page |
//! | `/retry-after?s=S` | 503 with a Retry-After for the first request, then a page |
//! | `/big?bytes=N` | a body of N bytes |
//! | `/set-cookie?FIELD` | this Set-Cookie, and a redirect to `/echo` |
//! | `/cookie-wall` | a page if the request has the cookie; else the cookie, and a redirect back |
//! | `/basic`, `/digest*`, `/bearer` | a page if the request has the credentials of `auth.rs` |
//! | `/form` | after a POST, a redirect to `/` |
//! | `/versioned` | a page with ETag and Last-Modified; 304 if the request has both |
//! | `/refreshed?FIELD` | a page with this Refresh field |
//! | `/refreshing?N` | a page with a refresh to the next one, endlessly |
//! | `/echo` | the request, as JSON |
//! | `/charset?name=NAME` | a page in this charset |
//! | `/packed/CODING` | a page in this content coding |
//! | `/chunked`, `/close-delimited` | a page with this framing |
//! | `/drip?ms=MS` | a page, one byte at a time |
//! | `/truncated` | a body that ends before its Content-Length |
//! | `/hang`, `/reset` | no response; a reset |
//! | anything else | a small page with its path as title |

use std::time::Duration;

use serde_json::json;
use url::Url;

use super::{
    answer::{Answer, Framing, Reply},
    compressed, lists,
    request::Request,
    traps,
};

/// A page with words that depend on the charset.
const WORDS: &str = "<title>Größe</title><p>Die Größe einer Wölfin: 3 cm</p>";

/// Returns the reaction to the `nth` request for its target.
pub(super) fn answer(request: &Request, nth: u32) -> Answer {
    let Some(url) = whole(&request.target) else { return at_once(Reply::new(400, "text/plain", "")) };
    let query = url.query().unwrap_or_default();
    let text = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let number = |name: &str| text(name).and_then(|value| value.parse().ok()).unwrap_or(0);
    let pause = Duration::from_millis(number("ms"));

    let mut segments = url.path().split('/').skip(1);
    match (segments.next().unwrap_or_default(), segments.next()) {
        ("tree", Some(width)) => at_once(tree(url.path(), width, segments)),
        ("links", None) => at_once(links((0..number("n")).map(|i| format!("{}{i}", text("to").unwrap_or_default())))),
        ("html", None) => at_once(Reply::html(percent_encoding::percent_decode_str(query).collect::<Vec<_>>())),
        ("tagged", None) => at_once(links(["/followed".to_owned()].into_iter()).header("x-robots-tag", query)),
        ("typed", None) => at_once(typed(&text("type").unwrap_or_default(), &text("body").unwrap_or_default())),
        ("slow", None) => Answer::Reply(pause, titled("slow")),
        ("status", Some(code)) => at_once(Reply { status: code.parse().unwrap_or(500), ..titled("status") }),
        ("redirect", Some(left)) => at_once(redirect(&next_hop(left))),
        ("to", None) => at_once(redirect(query)),
        ("sitemap", Some("index")) => {
            at_once(lists::index(segments.next().and_then(|level| level.parse().ok()).unwrap_or(0)))
        }
        ("sitemap", Some("gz")) => at_once(lists::packed(&lists::pages(number("first"), number("n")))),
        ("sitemap", Some(_)) => at_once(Reply::new(200, "text/xml", lists::pages(number("first"), number("n")))),
        ("feed", None) => at_once(lists::feed(number("first"), number("n"))),
        ("trap", Some(kind)) => at_once(links(traps::links(kind, segments, &url, request).into_iter())),
        ("flaky", None) if u64::from(nth) <= number("fails") => at_once(Reply::new(503, "text/plain", "not yet")),
        ("retry-after", None) if nth == 1 => at_once(retry_after(number("s"))),
        ("big", None) => at_once(Reply::html(vec![b'x'; number("bytes") as usize])),
        ("set-cookie", None) => at_once(redirect("/echo").header("set-cookie", decoded(query))),
        ("cookie-wall", None) if request.header("cookie").is_none() => {
            at_once(redirect("/cookie-wall").header("set-cookie", "let=in; path=/cookie-wall"))
        }
        ("form", None) if request.method == "POST" => at_once(Reply { status: 303, ..redirect("/") }),
        ("refreshed", None) => at_once(titled("refreshed").header("refresh", decoded(query))),
        ("refreshing", None) => at_once(titled("refreshing").header("refresh", refreshing(query))),
        ("versioned", None) => at_once(versioned(request)),
        ("echo", None) => at_once(echo(request, &url)),
        ("charset", None) => at_once(in_charset(&text("name").unwrap_or_default())),
        ("packed", Some(coding)) => at_once(Reply::html(compressed::page(coding)).header("content-encoding", coding)),
        ("chunked", None) => at_once(Reply { framing: Framing::Chunked, ..titled("chunked") }),
        ("close-delimited", None) => raw(None, "<title>close-delimited</title>", Duration::ZERO),
        ("drip", None) => raw(Some(20), "<title>drip</title>\n", pause),
        ("truncated", None) => raw(Some(1000), "<title>truncated</title>", Duration::ZERO),
        ("hang", None) => Answer::Hang,
        ("reset", None) => Answer::Reset,
        _ => at_once(titled(url.path())),
    }
}

fn typed(media_type: &str, body: &str) -> Reply {
    Reply { framing: Framing::Chunked, ..Reply::new(200, media_type, body) }
}

fn decoded(query: &str) -> String {
    percent_encoding::percent_decode_str(query).decode_utf8_lossy().into_owned()
}

/// Encodes text in Base64 (RFC 4648 section 4).
pub(super) fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for three in text.as_bytes().chunks(3) {
        let word = (0..3).fold(0_usize, |word, i| word << 8 | usize::from(three.get(i).copied().unwrap_or(0)));
        let digit = |i: usize| if i <= three.len() { char::from(DIGITS[word >> (18 - 6 * i) & 63]) } else { '=' };
        encoded.extend((0..4).map(digit));
    }
    encoded
}

/// Returns the target as an absolute URL, as a proxy receives it.
fn whole(target: &str) -> Option<Url> {
    if target.starts_with('/') { format!("http://site{target}").parse().ok() } else { target.parse().ok() }
}

fn at_once(reply: Reply) -> Answer {
    Answer::Reply(Duration::ZERO, reply)
}

fn titled(title: &str) -> Reply {
    Reply::html(format!("<!doctype html><title>{title}</title><p>A page."))
}

fn links(targets: impl Iterator<Item = String>) -> Reply {
    Reply::html(targets.map(|target| format!("<a href=\"{target}\">a link</a>\n")).collect::<String>())
}

/// Returns a page of a tree. The path is `/tree/WIDTH/DEPTH`, followed by the numbers of the branches taken.
fn tree<'a>(path: &str, width: &str, mut rest: impl Iterator<Item = &'a str>) -> Reply {
    let depth: usize = rest.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    let width = if rest.count() < depth { width.parse().unwrap_or(0) } else { 0 };
    // Every page also links to itself, which is a duplicate.
    links((0..width).map(|branch: usize| format!("{path}/{branch}")).chain([path.to_owned()]))
}

fn next_hop(left: &str) -> String {
    match left.parse() {
        Ok(2_u32..) => format!("/redirect/{}", left.parse::<u32>().unwrap_or(2) - 1),
        Ok(0..=1) | Err(_) => "/ok".to_owned(),
    }
}

fn redirect(target: &str) -> Reply {
    Reply::new(302, "text/html", "").header("location", target)
}

fn retry_after(seconds: u64) -> Reply {
    Reply::new(503, "text/plain", "later").header("retry-after", seconds.to_string())
}

fn refreshing(query: &str) -> String {
    format!("0; url=/refreshing?{}", query.parse().unwrap_or(0) + 1)
}

fn versioned(request: &Request) -> Reply {
    let (etag, date) = ("\"one\"", "Tue, 24 Nov 2026 12:00:00 GMT");
    let conditions = (request.header("if-none-match"), request.header("if-modified-since"));
    let reply =
        if conditions == (Some(etag), Some(date)) { Reply::new(304, "text/html", "") } else { titled("versioned") };
    reply.header("etag", etag).header("last-modified", date)
}

fn echo(request: &Request, url: &Url) -> Reply {
    let headers: serde_json::Map<_, _> = request.headers.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    let said = json!({
        "method": request.method,
        "path": url.path(),
        "query": url.query(),
        "headers": headers,
        "body": String::from_utf8_lossy(&request.body),
    });
    Reply::new(200, "application/json", said.to_string())
}

fn in_charset(name: &str) -> Reply {
    let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    let (body, ..) = encoding.encode(WORDS);
    Reply::new(200, &format!("text/html; charset={name}"), body.into_owned())
}

/// Sends a page as raw pieces, at once or one byte at a time, and ends it by closing the connection.
fn raw(length: Option<usize>, body: &str, pause: Duration) -> Answer {
    let length = length.map(|length| format!("content-length: {length}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{length}\r\n");
    let pieces = if pause.is_zero() { vec![body.into()] } else { body.bytes().map(|byte| vec![byte]).collect() };
    Answer::Pieces([vec![head.into_bytes()], pieces].concat(), pause)
}
