//! Redirects: makes the next request from a response and its request (Fetch standard, HTTP-redirect fetch).

use std::fmt::Write as _;

use url::Url;

use super::{
    request::{Method, Request, fingerprint::Fingerprint},
    response::Headers,
};
use crate::{failure::Rejection, urls::resolve::resolve};

/// Header fields with credentials. They must not reach another origin.
const SECRETS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Returns the request of the next hop. `None` if the response is not a redirect, or has no `Location`.
///
/// # Errors
/// Why the redirect is not followed: more than `limit` redirects, two different locations, not a valid URL, or neither http
/// nor https.
pub(crate) fn follow(
    request: &Request,
    status: u16,
    headers: &Headers,
    limit: u8,
    secrets: &[String],
) -> Option<Result<Request, Rejection>> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = location(headers)?;
    if request.redirects() >= limit || !is_one_location(headers) {
        return Some(Err(Rejection::Redirects));
    }
    let Ok(url) = resolve(request.url(), &location) else { return Some(Err(Rejection::Redirects)) };
    Some(next(request, url, becomes_get(status, request.method()), secrets))
}

/// Returns the request, a GET, that follows a page's refresh to `url`.
///
/// # Errors
/// With more than `limit` redirects, and if `url` is neither http nor https.
pub(crate) fn refreshed(request: &Request, url: Url, limit: u8, secrets: &[String]) -> Result<Request, Rejection> {
    if request.redirects() >= limit {
        return Err(Rejection::Redirects);
    }
    next(request, url, *request.method() != Method::Get, secrets)
}

fn next(request: &Request, url: Url, rewrite: bool, secrets: &[String]) -> Result<Request, Rejection> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Rejection::Scope);
    }
    let same_origin = origin(&url) == origin(request.url());
    let name = Fingerprint::from_request(request).low();
    let mut next = request.redirected(url, rewrite).come_by(name);
    // A URL visited before in this chain, or a form's target: the response will differ from the known one.
    if *request.method() != Method::Get || next.chain().contains(&Fingerprint::from_request(&next).low()) {
        next = next.revisitable();
    }
    if !same_origin {
        // `Host` names the old origin.
        next = next.strayed(|name| is_secret(name, secrets) || name.eq_ignore_ascii_case("host"));
    }
    Ok(next)
}

/// Returns false for two different locations, an error (Fetch standard, location URL). Browsers accept repetitions.
fn is_one_location(headers: &Headers) -> bool {
    let mut values = headers.all("location").map(<[u8]>::trim_ascii);
    let first = values.next();
    values.all(|value| Some(value) == first)
}

/// Returns the first `Location`, unless it is empty. Bytes beyond ASCII are percent-encoded one by one.
fn location(headers: &Headers) -> Option<String> {
    let value = headers.all("location").next()?.trim_ascii();
    let mut text = String::with_capacity(value.len());
    for &byte in value {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").ok()?;
        }
    }
    Some(text).filter(|text| !text.is_empty())
}

fn becomes_get(status: u16, method: &Method) -> bool {
    match method {
        Method::Get | Method::Head => false,
        Method::Post => matches!(status, 301..=303),
        Method::Options | Method::Other(_) => status == 303,
    }
}

/// Returns true for header fields with credentials.
pub(crate) fn is_secret(name: &str, configured: &[String]) -> bool {
    let mut names = SECRETS.into_iter().chain(configured.iter().map(String::as_str));
    names.any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Scheme, host and port.
pub(crate) fn origin(url: &Url) -> (&str, Option<&str>, Option<u16>) {
    (url.scheme(), url.host_str(), url.port_or_known_default())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn hop(request: &Request, status: u16, location: &'static [u8]) -> Option<Result<Request, Rejection>> {
        let mut headers = Headers::default();
        headers.push("location", Bytes::from_static(location));
        follow(request, status, &headers, 10, &["X-Key".to_owned()])
    }

    #[test]
    fn locations() {
        let request = Request::get("http://a.example/x/y?z".parse().unwrap());
        for (location, wanted) in [
            (&b"../b?c#d"[..], Some(Ok("http://a.example/b?c"))),
            (b"//b.example", Some(Ok("http://b.example/"))),
            (b"////b.example/x", Some(Ok("http://b.example/x"))),
            (b"/\\\\b.example.", Some(Ok("http://b.example/"))),
            (b" https://b.example/\xc3\xa9 ", Some(Ok("https://b.example/%C3%A9"))),
            (b"/\xe9", Some(Ok("http://a.example/%E9"))),
            (b"", None),
            (b"http://", Some(Err(Rejection::Redirects))),
            (b"ftp://b.example/", Some(Err(Rejection::Scope))),
        ] {
            let found = hop(&request, 301, location).map(|next| next.map(|next| next.url().to_string()));
            assert_eq!(found, wanted.map(|next| next.map(str::to_owned)), "{location:?}");
        }
        assert!(hop(&request, 300, b"/").is_none());
        assert!(follow(&request, 302, &Headers::default(), 10, &[]).is_none());
        for (second, followed) in [("/b", true), ("/c", false)] {
            let headers = ["/b", second].map(|place| ("location", place));
            let next = follow(&request, 302, &headers.into_iter().collect(), 10, &[]).unwrap();
            assert_eq!(next.is_ok(), followed, "{second}");
        }
    }

    #[test]
    fn methods() {
        let url: Url = "http://a.example/".parse().unwrap();
        let get = Request::get(url.clone());
        let put = get.clone().with_method(Method::Other("PUT".into())).raw_body("b");
        let post = Request::post(url).form([("a", "b")]);
        for (request, status, method, body) in [
            (&get, 303, "GET", ""),
            (&post, 301, "GET", ""),
            (&post, 302, "GET", ""),
            (&post, 303, "GET", ""),
            (&post, 307, "POST", "a=b"),
            (&post, 308, "POST", "a=b"),
            (&put, 302, "PUT", "b"),
            (&put, 303, "GET", ""),
        ] {
            let next = hop(request, status, b"/next").unwrap().unwrap();
            assert_eq!((next.method().as_str(), next.body()), (method, body.as_bytes()), "{status}");
        }
    }

    #[test]
    fn secrets_stay_with_their_origin_and_redirects_end() {
        let request = Request::get("http://a.example/".parse().unwrap())
            .header("Authorization", "s")
            .header("HOST", "intra.example")
            .header("X", "y")
            .header("x-key", "z");
        let names = |location| {
            let next = hop(&request, 302, location).unwrap().unwrap();
            next.headers().iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(b"/b"), ["Authorization", "HOST", "X", "x-key"]);
        for other in [&b"https://a.example/"[..], b"http://a.example:81/", b"http://b.example/"] {
            assert_eq!(names(other), ["X"]);
        }
        let mut request = request;
        for _ in 0..10 {
            request = hop(&request, 302, b"/").unwrap().unwrap();
        }
        assert_eq!(hop(&request, 302, b"/"), Some(Err(Rejection::Redirects)));
    }
}
