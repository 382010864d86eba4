//! Netscape cookie files, as written by curl, wget and browser extensions.

use std::time::Duration;

use super::stored::Cookie;
use crate::base::time::Wall;

/// Parses a line: domain, include subdomains, path, secure, expiry (seconds since 1970; 0: never), name, value; separated
/// by tabs. `None` for comments and invalid lines.
pub(crate) fn cookie(line: &str) -> Option<Cookie> {
    // curl's mark for HttpOnly cookies.
    let line = line.trim_end_matches(['\r', '\n']);
    let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.splitn(7, '\t');
    let mut next = || fields.next();
    let (domain, subdomains, path, secure, expiry, name) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let value = fields.next().unwrap_or_default();
    let is_true = |text: &str| text.eq_ignore_ascii_case("true");
    let expiry: u64 = expiry.trim().parse().ok()?;
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    if domain.is_empty() || !path.starts_with('/') {
        return None;
    }
    Some(Cookie {
        name: name.as_bytes().into(),
        value: value.as_bytes().into(),
        domain: domain.into(),
        host_only: !is_true(subdomains),
        path: path.into(),
        secure: is_true(secure),
        expires: (expiry > 0).then(|| Wall(0) + Duration::from_secs(expiry)),
    })
}
