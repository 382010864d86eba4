//! Parses `Set-Cookie` fields (RFC 6265bis sections 5.6 and 5.7).

use std::time::Duration;

use url::Url;

use super::{
    date,
    domains::{domain_matches, is_address},
    stored::Cookie,
};
use crate::base::{text, time::Wall};

/// Maximum length of name and value together, in bytes.
const MAX_PAIR: usize = 4096;

/// Maximum length of an attribute's value, in bytes. Longer ones are ignored.
const MAX_ATTRIBUTE: usize = 1024;

/// Maximum lifetime of a cookie (section 5.5).
const MAX_LIFETIME: Duration = Duration::from_secs(400 * 24 * 3600);

/// Returns the cookie that a field of the response from `url` sets. `None` if it is not valid or not allowed.
pub(crate) fn set_cookie(field: &[u8], url: &Url, now: Wall) -> Option<Cookie> {
    if field.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127)) {
        return None;
    }
    let host = url.host_str()?;
    let mut parts = field.split(|&byte| byte == b';');
    let (name, value) = pair(parts.next()?)?;
    let mut attributes = Attributes::default();
    parts.for_each(|part| attributes.read(part, now));
    let is_secure_origin = url.scheme() == "https";
    if attributes.secure && !is_secure_origin {
        return None;
    }
    let (domain, host_only) = domain(attributes.domain.as_deref(), host)?;
    let path = attributes.path.unwrap_or_else(|| default_path(url));
    let cookie = Cookie {
        name: name.into(),
        value: value.into(),
        domain: domain.into(),
        host_only,
        path: path.into(),
        secure: attributes.secure,
        expires: attributes.max_age.or(attributes.expires),
    };
    satisfies_name_prefix(&cookie).then_some(cookie)
}

/// Splits name and value. Without `=` the whole text is the value.
fn pair(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = match part.iter().position(|&byte| byte == b'=') {
        Some(at) => (part.get(..at)?, part.get(at + 1..)?),
        None => (&b""[..], part),
    };
    let (name, value) = (trim(name), trim(value));
    let length = name.len() + value.len();
    (1..=MAX_PAIR).contains(&length).then_some((name, value))
}

fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |at| at + 1);
    bytes.get(start..end).unwrap_or_default()
}

#[derive(Default)]
struct Attributes {
    expires: Option<Wall>,
    max_age: Option<Wall>,
    domain: Option<String>,
    path: Option<String>,
    secure: bool,
}

impl Attributes {
    /// Reads one attribute. The last of each kind counts.
    fn read(&mut self, part: &[u8], now: Wall) {
        let (name, value) = match part.iter().position(|&byte| byte == b'=') {
            Some(at) => part.split_at(at),
            None => (part, &b""[..]),
        };
        let value = trim(value.strip_prefix(b"=").unwrap_or(value));
        if value.len() > MAX_ATTRIBUTE {
            return;
        }
        let latest = now + MAX_LIFETIME;
        let text = text::from_field(value);
        match &*trim(name).to_ascii_lowercase() {
            b"expires" => self.expires = date::parse(&text).map(|date| date.min(latest)).or(self.expires),
            b"max-age" => self.max_age = max_age(&text, now).or(self.max_age),
            b"domain" => self.domain = Some(text.strip_prefix('.').unwrap_or(&text).to_ascii_lowercase()),
            b"path" => self.path = Some(text.into_owned()).filter(|path| path.starts_with('/')),
            b"secure" => self.secure = true,
            _ => {}
        }
    }
}

/// Returns the end of a lifetime in seconds. Zero or less means: expired.
fn max_age(text: &str, now: Wall) -> Option<Wall> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if digits.len() < text.len() {
        return Some(Wall(0));
    }
    match digits.parse::<u64>() {
        Ok(0) => Some(Wall(0)),
        Ok(seconds) => Some(now + Duration::from_secs(seconds).min(MAX_LIFETIME)),
        Err(_) => Some(now + MAX_LIFETIME),
    }
}

/// Returns the cookie's domain, and true if it is for this host alone. `None` if the host must not set it.
fn domain(attribute: Option<&str>, host: &str) -> Option<(String, bool)> {
    let own = || Some((host.to_owned(), true));
    let Some(domain) = attribute.filter(|domain| !domain.is_empty()) else { return own() };
    if domain == host && (is_address(host) || is_public_suffix(domain)) {
        return own();
    }
    let is_allowed = domain_matches(host, domain) && !is_public_suffix(domain);
    is_allowed.then(|| (domain.to_owned(), false))
}

fn is_public_suffix(domain: &str) -> bool {
    psl::suffix_str(domain).is_some_and(|suffix| suffix == domain)
}

/// Default path (section 5.1.4).
fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        None | Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
    }
}

/// Checks the name prefixes `__Host-` and `__Secure-` (section 4.1.3). The value of a cookie without a name must not start
/// with one.
fn satisfies_name_prefix(cookie: &Cookie) -> bool {
    let starts =
        |text: &[u8], prefix: &[u8]| text.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
    let is_named =
        |prefix: &[u8]| starts(&cookie.name, prefix) || (cookie.name.is_empty() && starts(&cookie.value, prefix));
    let is_host = !is_named(b"__host-") || (cookie.secure && cookie.host_only && &*cookie.path == "/");
    let is_secure = !is_named(b"__secure-") || cookie.secure;
    is_host && is_secure && !(cookie.name.is_empty() && (is_named(b"__host-") || is_named(b"__secure-")))
}
