//! Session ids in URLs. Each visit gets a new one, so a page has any number of URLs.

use url::Url;

use super::{canonical::canonical, query::name_of};

/// Names of session parameters with any value.
const NAMES: [&str; 11] = [
    "jsessionid",
    "phpsessid",
    "sessionid",
    "session_id",
    "sessid",
    "oscsid",
    "zenid",
    "cfid",
    "cftoken",
    "asp.net_sessionid",
    "psession",
];

/// Names that mean a session if the value looks like a session id.
const VAGUE: [&str; 4] = ["sid", "s", "session", "ses"];

/// Minimum length of a value that looks like a session id.
const MIN_LENGTH: usize = 16;

/// Returns the URL without its session ids. `None` if it has none.
pub(crate) fn without_session(url: &Url) -> Option<Url> {
    let path = path_without(url.path());
    let query = url.query().and_then(query_without);
    if path.is_none() && query.is_none() {
        return None;
    }
    let mut bare = url.clone();
    if let Some(path) = path {
        bare.set_path(&path);
    }
    if let Some(query) = query {
        bare.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    }
    Some(bare)
}

/// Removes path parameters such as `;jsessionid=1`, and segments such as ASP.NET's `(S(x))`.
fn path_without(path: &str) -> Option<String> {
    // Most paths have neither.
    memchr::memchr2(b';', b'(', path.as_bytes())?;
    let segments = path.split('/').filter(|segment| !is_asp(segment));
    let kept = segments.map(|segment| {
        let mut parts = segment.split(';');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.filter(|part| !is_session(part)).fold(first, |kept, part| kept + ";" + part)
    });
    let kept = kept.collect::<Vec<_>>().join("/");
    (kept != path).then_some(kept)
}

fn query_without(query: &str) -> Option<String> {
    // Some servers append the path parameter to the query.
    let kept: Vec<_> = query.split('&').filter(|part| !is_session(part)).collect();
    let kept = kept.iter().map(|part| match part.split_once(';') {
        Some((before, after)) if is_session(after) => before,
        Some(_) | None => part,
    });
    let kept = kept.collect::<Vec<_>>().join("&");
    (kept != query).then_some(kept)
}

fn is_asp(segment: &str) -> bool {
    segment.starts_with("(S(") && segment.ends_with("))")
}

fn is_session(part: &str) -> bool {
    let written = name_of(part);
    let value = part.get(written.len() + 1..).unwrap_or_default();
    let name = &*canonical(written);
    let is_one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_asp = name.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("aspsessionid"));
    is_asp || is_one_of(&NAMES) || (is_one_of(&VAGUE) && looks_like_a_session(value))
}

/// Returns true for long values of mixed letters and digits.
fn looks_like_a_session(value: &str) -> bool {
    value.len() >= MIN_LENGTH
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && value.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_are_distinguished_from_words() {
        for (url, bare) in [
            ("/a;jsessionid=x/b;v=1?q", Some("/a/b;v=1?q")),
            ("/a/(S(lit3py55t21z5v55vlm25s55))/b", Some("/a/b")),
            ("/?sid=0123456789abcdef&x=1", Some("/?x=1")),
            ("/?x=1;JSESSIONID=9", Some("/?x=1")),
            ("/?ASPSESSIONIDABC=XYZ", Some("/")),
            ("/?sid=12", None),
            ("/?s=garden-spiders-of-the-north", None),
            ("/a;v=1?session=summer", None),
            ("/(s)", None),
            ("/", None),
        ] {
            let url: Url = format!("http://a.example{url}").parse().unwrap();
            let found = without_session(&url).map(String::from);
            assert_eq!(found, bare.map(|bare| format!("http://a.example{bare}")), "{url}");
        }
    }
}
