//! Credentials in URLs.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::percent_decode_str;
use url::Url;

/// Takes user and password out of a URL; what is left to be sent is a value of `Authorization` (RFC 7617).
pub(super) fn take_credentials(url: &mut Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    // A URL that has credentials can have none.
    url.set_username("").ok();
    url.set_password(None).ok();
    Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}
