//! Credentials in URLs.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::percent_decode_str;
use url::Url;

/// Returns a URL without user and password: no page chooses the crawl's credentials, not even for its own site.
pub(crate) fn anonymous(mut url: Url) -> Url {
    if has_credentials(&url) {
        strip(&mut url);
    }
    url
}

/// Removes user and password from a URL. Returns them as a value of `Authorization` (RFC 7617).
pub(crate) fn take_credentials(url: &mut Url) -> Option<String> {
    if !has_credentials(url) {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    strip(url);
    Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn strip(url: &mut Url) {
    // Setting fails only for URLs that cannot have credentials.
    url.set_username("").ok();
    url.set_password(None).ok();
}
