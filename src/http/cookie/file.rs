//! Netscape cookie files: what curl, wget and browsers' exporters write.

use std::time::Duration;

use super::stored::Cookie;
use crate::base::time::Wall;

/// The cookie of a line: domain, whether for its hosts too, path, whether secure, when it ends (seconds since 1970; 0:
/// never), name, value, with tabs between. None for comments, and for what is no such line.
pub(crate) fn cookie(line: &str) -> Option<Cookie> {
    // curl marks cookies that scripts may not read like this.
    let line = line.trim_end_matches(['\r', '\n']);
    let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.splitn(7, '\t');
    let mut next = || fields.next();
    let (domain, wide, path, secure, ends, name) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let value = fields.next().unwrap_or_default();
    let is_true = |text: &str| text.eq_ignore_ascii_case("true");
    let ends: u64 = ends.trim().parse().ok()?;
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    if domain.is_empty() || !path.starts_with('/') {
        return None;
    }
    Some(Cookie {
        name: name.as_bytes().into(),
        value: value.as_bytes().into(),
        domain: domain.into(),
        host_only: !is_true(wide),
        path: path.into(),
        secure: is_true(secure),
        expires: (ends > 0).then(|| Wall(0) + Duration::from_secs(ends)),
    })
}
